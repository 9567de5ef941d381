import { expect, test } from 'vitest'
import { dummyHash, hashPassword, isPasswordHash, verifyPassword } from '../../src/users/passwords.ts'

test('a hash matches only its own password, and a users file accepts it', async () => {
  const passwordHash = await hashPassword('correct horse')
  expect(isPasswordHash(passwordHash)).toBe(true)
  expect(await verifyPassword(passwordHash, 'correct horse')).toBe(true)
  expect(await verifyPassword(passwordHash, 'correct horse ')).toBe(false)
})

test('the hash for unknown users has the same cost as a real one', async () => {
  const cost = (text: string) => text.split('$').slice(1, 4).join('$')
  expect(cost(await dummyHash())).toBe(cost(await hashPassword('x')))
})

test.each([
  ['m=19456,t=2,p=1', true],
  ['m=65536,t=3,p=4', true],
  ['m=262144,t=4,p=16', true],
  ['m=262145,t=1,p=1', false],
  ['m=8192,t=33,p=1', false],
  ['m=65536,t=17,p=1', false],
  ['m=65536,t=1,p=17', false],
  ['m=9999999,t=999,p=99', false],
  ['m=19456,t=0,p=1', false],
  ['m=19456,t=2,p=0', false],
  ['m=31,t=2,p=4', false],
])('a users file may contain a hash with %s: %s', (costs, mayContain) => {
  const text = `$argon2id$v=19$${costs}$${'c2FsdHNhbHRzYWx0'}$${'A'.repeat(43)}`
  expect(isPasswordHash(text)).toBe(mayContain)
})
