import { expect, test } from 'vitest'
import { CLOCK_SKEW_MS, endsAtMs, keepUntilMs, type LiveRecord, tombstone } from '../../src/record/record.ts'

const record: LiveRecord = {
  state: 'live',
  version: 1,
  issuedAtMs: 1000,
  idleUntilMs: 2000,
  expiresAtMs: 5000,
  payload: Buffer.from('payload'),
}

test('a session ends at the sooner of its idle limit and its absolute end', () => {
  expect(endsAtMs(record)).toBe(2000)
  expect(endsAtMs({ ...record, idleUntilMs: 9000 })).toBe(5000)
})

test('a live record is kept a clock skew longer than its session', () => {
  expect(keepUntilMs(record)).toBe(2000 + CLOCK_SKEW_MS)
})

// INV-TOKENS-5.
test('a tombstone is kept until past the absolute end, however near the idle limit was', () => {
  expect(tombstone(record)).toEqual({ state: 'revoked', expiresAtMs: 5000 })
  expect(keepUntilMs(tombstone(record))).toBe(5000 + CLOCK_SKEW_MS)
})
