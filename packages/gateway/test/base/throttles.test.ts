import { expect, test } from 'vitest'
import { rateLimitedLog, ThrottlePerKey } from '../../src/base/throttles.ts'

test('ThrottlePerKey allows the first event of each key, and one more after the period', () => {
  const throttle = new ThrottlePerKey(100, 10)
  const allowed = [
    throttle.allows('a', 0),
    throttle.allows('a', 99),
    throttle.allows('b', 99),
    throttle.allows('a', 100),
  ]
  expect(allowed).toEqual([true, false, true, true])
})

test('ThrottlePerKey forgets the oldest key when it has reached the maximum', () => {
  const throttle = new ThrottlePerKey(1000, 2)
  for (const key of ['a', 'b', 'c']) expect(throttle.allows(key, 0)).toBe(true)
  const allowed = [throttle.allows('c', 1), throttle.allows('b', 1), throttle.allows('a', 1)]
  expect(allowed).toEqual([false, false, true])
})

test('rateLimitedLog writes once per period and counts the suppressed calls', () => {
  const counts: number[] = []
  const log = rateLimitedLog(20)
  for (let round = 0; round < 5; round++) log((heldBack) => counts.push(heldBack))
  expect(counts).toEqual([0])
  const untilMs = performance.now() + 25
  while (performance.now() < untilMs);
  log((heldBack) => counts.push(heldBack))
  expect(counts).toEqual([0, 4])
})
