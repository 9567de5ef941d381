import { expect, test } from 'vitest'
import { checkAuthTime } from '../../../src/identities/oidc/auth-time.ts'

const NOW_MS = 1_800_000_000_000
const now = NOW_MS / 1000

test.each([
  ['now', now],
  ['just in time', now - 60],
  ['by clocks that differ', now - 90],
  ['in the future of this clock', now + 20],
])('a login %s will do', (_, authTime) => {
  expect(() => checkAuthTime(authTime, 60, NOW_MS)).not.toThrow()
})

test.each([
  ['too long ago', now - 91],
  ['at no time', undefined],
  ['at a time that is no number', String(now)],
  ['never', Number.NaN],
])('a login %s will not', (_, authTime) => {
  expect(() => checkAuthTime(authTime, 60, NOW_MS)).toThrow(
    expect.objectContaining({ maxAgeSeconds: 60, name: expect.any(String) }),
  )
})
