import { expect, it } from 'vitest'
import { Latencies } from '../src/latency.ts'

it('percentiles of no value are zero', () => {
  const none = new Latencies()
  expect([none.count, none.longestMs, none.percentileMs(0.99)]).toEqual([0, 0, 0])
})

it('a latency histogram gives percentiles by nearest rank, so that each is a value that was measured', () => {
  const latencies = new Latencies()
  for (let ms = 100; ms >= 1; ms--) latencies.record(ms)
  expect(latencies.percentileMs(0.5)).toBe(50)
  expect(latencies.percentileMs(0.99)).toBe(99)
  expect(latencies.percentileMs(1)).toBe(100)
  expect(latencies.percentileMs(0)).toBe(1)
  expect(latencies.longestMs).toBe(100)
})
