import { expect, test } from 'vitest'
import { RepeatThrottle, rateLimitedLog, ThrottlePerKey } from '../../src/base/throttles.ts'

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

test('RepeatThrottle admits each key once a minute, and counts what it held back', () => {
  const throttle = new RepeatThrottle()
  const admitted = [throttle.admit('a', 0), throttle.admit('a', 1), throttle.admit('a', 59_999)]
  expect(admitted).toEqual([0, null, null])
  expect([throttle.admit('b', 59_999), throttle.admit('a', 60_000)]).toEqual([2, 0])
})

test('RepeatThrottle admits at most 300 entries a minute, however many keys a flood has', () => {
  const throttle = new RepeatThrottle()
  const keys = Array.from({ length: 5000 }, (_, number) => `key-${number}`)
  expect(keys.filter((key) => throttle.admit(key, 0) !== null)).toHaveLength(300)
  expect(throttle.admit('later', 60_000)).toBe(4700)
})
