import { generateKeyring } from '@holdfast/tokens'
import { expect, it } from 'vitest'
import { forgettable, nextKeyId, withKey, withoutKeys } from '../../src/rotate/keyring/ring.ts'

const NONE = { next: null, waits: false, retired: {} }
const RING = generateKeyring()
const HOUR_MS = 3_600_000
const NOW_MS = Date.parse('2026-01-02T00:00:00Z')

it('a new key has the first number that no key ever had', () => {
  expect(nextKeyId(RING, NONE)).toBe('k2')
  expect(nextKeyId(RING, { next: null, waits: false, retired: { k7: '2026-01-01T00:00:00Z' } })).toBe('k8')
  expect(nextKeyId({ ...RING, keys: { mine: RING.keys['k1'] ?? '' } }, NONE)).toBe('k1')
})

it('a key that is added seals nothing, and differs from every other', () => {
  const ring = withKey(withKey(RING, 'k2'), 'k3')
  expect(ring.current).toBe('k1')
  expect(new Set(Object.values(ring.keys)).size).toBe(3)
  expect(Buffer.from(ring.keys['k2'] ?? '', 'base64')).toHaveLength(32)
  expect(withoutKeys(ring, ['k2', 'k3'])).toEqual(RING)
})

it('a key may go when it was out of use for longer than a session lasts; never the current one, nor the next', () => {
  const ring = { ...['k2', 'k3', 'k4', 'k5'].reduce(withKey, RING), current: 'k3' }
  const history = {
    next: 'k4',
    waits: false,
    retired: { k1: '2026-01-01T11:00:00Z', k2: '2026-01-01T13:00:00Z' },
  }
  const ask = { nowMs: NOW_MS, lifetimeMs: 12 * HOUR_MS, atOnce: false }
  expect(forgettable(ring, history, ask)).toEqual(['k1', 'k5'])
  expect(forgettable(ring, history, { ...ask, atOnce: true })).toEqual(['k1', 'k2', 'k5'])
})
