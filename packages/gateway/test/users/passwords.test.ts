import { expect, test } from 'vitest'
import { dummyHash, hashPassword, PASSWORD_HASH, verifyPassword } from '../../src/users/passwords.ts'

test('a hash matches only its own password, and a users file accepts it', async () => {
  const passwordHash = await hashPassword('correct horse')
  expect(passwordHash).toMatch(PASSWORD_HASH)
  expect(await verifyPassword(passwordHash, 'correct horse')).toBe(true)
  expect(await verifyPassword(passwordHash, 'correct horse ')).toBe(false)
})

test('the hash for unknown users has the same cost as a real one', async () => {
  const cost = (text: string) => text.split('$').slice(1, 4).join('$')
  expect(cost(await dummyHash())).toBe(cost(await hashPassword('x')))
})
