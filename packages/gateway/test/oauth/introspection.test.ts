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

test('introspection returns whole seconds, and the earlier end of a session', () => {
  expect(told(0)).toMatchObject({ iat: 1000, exp: 2000 })
})

test.each([
  [-5, 0],
  [0, 0],
  [412.7, 412],
  [1000, 1000],
  [60_000, 1000],
])('a client may use an answer with a remaining lease of %d ms for %d ms', (leaseRemainingMs, cacheMs) => {
  expect(told(leaseRemainingMs)['cache_ms']).toBe(cacheMs)
})
