import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AttemptBounds,
  type LoggedAttempt,
  sinceMs,
  waitMs,
  withAttempt,
  withoutAttempt,
} from '../../src/record/attempt-log.ts'

const NOW_MS = 1_700_000_000_000
const never = { pauseAfter: 1000, pauseMs: 1 }

test('within any window there are never more attempts than the limit', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 5 }), (waits, limit) => {
      const bounds: AttemptBounds = { limit, windowMs: 1000, ...never }
      let log: LoggedAttempt[] = []
      const allowed: number[] = []
      let nowMs = NOW_MS
      for (const wait of waits) {
        nowMs += wait
        log = sinceMs(log, nowMs - bounds.windowMs)
        if (waitMs(log, bounds, nowMs) > 0) continue
        log = withAttempt(log, `${allowed.length}`, nowMs)
        allowed.push(nowMs)
      }
      for (const [index, atMs] of allowed.entries()) {
        const next = allowed[index + limit]
        if (next !== undefined) expect(next - atMs).toBeGreaterThanOrEqual(bounds.windowMs)
      }
    }),
  )
})

test('who waits as long as it says is allowed', () => {
  const log = fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(
      log,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      (ages, limit, pauseAfter) => {
        const bounds = { limit, windowMs: 1000, pauseAfter, pauseMs: 7 }
        const times = ages.map((age) => NOW_MS - age).sort((a, b) => a - b)
        const entries = times.map((atMs, index) => ({ atMs, id: `${index}` }))
        const kept = sinceMs(entries, NOW_MS - bounds.windowMs).slice(-limit)
        const wait = waitMs(kept, bounds, NOW_MS)
        const later = NOW_MS + wait
        expect(waitMs(sinceMs(kept, later - bounds.windowMs), bounds, later)).toBe(0)
      },
    ),
    // The pause after the seven that are left is a millisecond longer than the eighth stays in the window.
    { examples: [[[0, 0, 0, 0, 0, 0, 0, 553], 8, 1]] },
  )
})

test('a server whose clock is behind does not make an attempt older than the one before', () => {
  const log = withAttempt([{ atMs: NOW_MS, id: 'a' }], 'b', NOW_MS - 5000)
  expect(log.map(({ atMs }) => atMs)).toEqual([NOW_MS, NOW_MS])
})

test('giving back twice is giving back once, and what is unknown takes nothing with it', () => {
  const log = ['a', 'b', 'c', 'd'].map((id, index) => ({ atMs: NOW_MS + index, id }))
  const ids = (some: LoggedAttempt[]) => some.map(({ id }) => id).join('')
  expect(ids(withoutAttempt(log, 'b', false))).toBe('acd')
  expect(ids(withoutAttempt(log, 'b', true))).toBe('cd')
  expect(ids(withoutAttempt(withoutAttempt(log, 'b', true), 'b', true))).toBe('cd')
  expect(ids(withoutAttempt(log, 'x', true))).toBe('abcd')
})
