import { within } from '@holdfast/testing/within'
import { dictionary } from '@zxcvbn-ts/language-common'
import { expect, test } from 'vitest'
import { passwordObjection } from '../../src/users/password-rules.ts'

test.each([
  'password1234',
  '123456789012',
  'qwertyuiop12',
  'passwordpassword',
  'ada123456789',
  'P@ssw0rd1234',
  'iloveyou1234',
  '1q2w3e4r5t6y',
  'abcdefghijkl',
  'abcdabcdabcd',
  'aaabbbcccddd',
  'monkeymonkey1',
  'holdfast-gateway',
  'Ada-Redis-Login!',
])('the easy password %j is refused, and the sentence does not quote it', async (password) => {
  const objection = await passwordObjection(password, 'ada')
  expect(objection).toMatch(/easy to guess|must not consist of/)
  expect(objection).not.toContain(password)
})

test.each([
  'Tr0ub4dor-and-three',
  'correct horse battery staple',
  'another good password',
  'crème brûlée, s’il te plaît',
  'мой дядя самых честных правил',
  'uJ7#pw-Lx2!qT9',
  'a sentence of more than sixty-four characters that nobody but its author has written',
])('the password %j is accepted, whatever kinds of characters it has', async (password) => {
  expect(await passwordObjection(password, 'ada')).toBeNull()
})

test('every common password with the minimum length is refused', async () => {
  const common = dictionary['passwords-common'].filter((password) => password.length >= 12)
  expect(common.length).toBeGreaterThan(200)
  for (const password of common) {
    expect([password, await passwordObjection(password, 'ada')]).toEqual([password, expect.any(String)])
  }
})

test('the 3,000 most used passwords (every tenth is tried) are refused with digits that lengthen them', async () => {
  const mostUsed = dictionary['passwords-common'].slice(0, 3000)
  for (const password of mostUsed.filter((_, index) => index % 10 === 0)) {
    const lengthened = `${password}123456789012`.slice(0, Math.max(12, password.length + 2))
    expect([lengthened, await passwordObjection(lengthened, 'ada')]).toEqual([lengthened, expect.any(String)])
  }
})

test('a long password of characters with many replacements is judged without a delay', async () => {
  const password = '4@8({[</369&#!|1/|0$5+7%2/'.repeat(39)
  await passwordObjection('load the lists', 'ada')
  expect(await within(passwordObjection(password, 'ada'), 5000)).toBeNull()
})
