import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Backoff, jitter } from '../../src/redis/backoff.ts'

test('each wait is between a half and the whole of a doubling time, and never above the most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 10_000 }), (first, most) => {
      const backoff = new Backoff(first, most)
      for (let tries = 0; tries < 60; tries++) {
        const fullMs = Math.min(most, first * 2 ** tries)
        const waitMs = backoff.next()
        expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2)
        expect(waitMs).toBeLessThanOrEqual(fullMs)
      }
    }),
  )
})

test('after a thousand tries the wait is still the most, not infinite', () => {
  const backoff = new Backoff(25, 500)
  for (let tries = 0; tries < 1000; tries++) backoff.next()
  expect(backoff.next()).toBeGreaterThanOrEqual(250)
  expect(backoff.next()).toBeLessThanOrEqual(500)
})

test('after a success it begins anew', () => {
  const backoff = new Backoff(10, 10_000)
  for (let tries = 0; tries < 10; tries++) backoff.next()
  backoff.reset()
  expect(backoff.next()).toBeLessThanOrEqual(10)
})

test('waits differ, so that processes do not come back in step', () => {
  expect(new Set(Array.from({ length: 50 }, () => jitter(100))).size).toBeGreaterThan(40)
})
