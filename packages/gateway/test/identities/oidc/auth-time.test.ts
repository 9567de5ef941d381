import { expect, test } from 'vitest'
import { checkAuthTime, checkIssuedAt } from '../../../src/identities/oidc/auth-time.ts'

const NOW_MS = 1_800_000_000_000
const now = NOW_MS / 1000

test.each([
  ['now', now],
  ['just in time', now - 60],
  ['within the difference of the clocks', now - 90],
  ['in the future by this clock', now + 20],
])('checkAuthTime accepts a login %s', (_, authTime) => {
  expect(() => checkAuthTime(authTime, 60, NOW_MS)).not.toThrow()
})

test.each([
  ['too long ago', now - 91],
  ['without a time', undefined],
  ['at a time that is not a number', String(now)],
  ['at NaN', Number.NaN],
])('checkAuthTime rejects a login %s', (_, authTime) => {
  expect(() => checkAuthTime(authTime, 60, NOW_MS)).toThrow(
    expect.objectContaining({ maxAgeSeconds: 60, name: expect.any(String) }),
  )
})

test('an ID token that was issued in the future is refused, beyond the difference of the clocks', () => {
  for (const issuedAt of [now - 3600, now, now + 30]) {
    expect(() => checkIssuedAt(issuedAt, NOW_MS)).not.toThrow()
  }
  for (const issuedAt of [now + 31, now + 3600]) {
    expect(() => checkIssuedAt(issuedAt, NOW_MS)).toThrow('issued in the future')
  }
})
