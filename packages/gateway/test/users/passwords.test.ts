import { expect, test } from 'vitest'
import { dummyHash, hashPassword, PASSWORD_HASH, verifyPassword } from '../../src/users/passwords.ts'

test('a hash fits its own password only, and is what a users file may hold', async () => {
  const passwordHash = await hashPassword('correct horse')
  expect(passwordHash).toMatch(PASSWORD_HASH)
  expect(await verifyPassword(passwordHash, 'correct horse')).toBe(true)
  expect(await verifyPassword(passwordHash, 'correct horse ')).toBe(false)
})

test('the hash for unknown users costs what a real one costs', async () => {
  const cost = (text: string) => text.split('$').slice(1, 4).join('$')
  expect(cost(await dummyHash())).toBe(cost(await hashPassword('x')))
})
