import type { Active } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { introspectionOf } from '../../src/oauth/introspection.ts'

const active: Active = {
  status: 'active',
  id: 'id',
  subject: 'ada',
  claims: {},
  issuedAtMs: 1_000_999,
  idleUntilMs: 3_000_000,
  expiresAtMs: 2_000_500,
}
const told = (leaseRemainingMs: number) => introspectionOf(active, { issuer: undefined, leaseRemainingMs })

test('times are whole seconds, and the earlier end counts', () => {
  expect(told(0)).toMatchObject({ iat: 1000, exp: 2000 })
})

test.each([
  [-5, 0],
  [0, 0],
  [412.7, 412],
  [1000, 1000],
  [60_000, 1000],
])('with a lease of %d ms left an answer may be used for %d ms', (leaseRemainingMs, cacheMs) => {
  expect(told(leaseRemainingMs)['cache_ms']).toBe(cacheMs)
})
