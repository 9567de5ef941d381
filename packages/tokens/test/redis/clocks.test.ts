import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CLOCK_LIMIT_MS, compareClocks, describeDeviation, parseServerTime } from '../../src/redis/clocks.ts'

const MINUTES = 60_000

function verdict(clocks: Record<string, number>, nodeCount = 3) {
  return compareClocks(
    Object.entries(clocks).map(([address, aheadMs]) => ({ address, aheadMs })),
    nodeCount,
  )
}

test('clocks that agree give the time of the data centre, and none deviates', () => {
  expect(verdict({ a: 10, b: 20, c: -30 })).toEqual({ aheadMs: 10, deviating: [] })
})

test('one of three nodes that is off deviates, and the time is that of the others', () => {
  expect(verdict({ a: 40 * MINUTES, b: 100, c: 200 })).toEqual({ aheadMs: 150, deviating: ['a'] })
})

test('a process that is off sees all nodes agree on another time than its own', () => {
  const { aheadMs, deviating } = verdict({ a: 40 * MINUTES, b: 40 * MINUTES, c: 40 * MINUTES })
  expect({ aheadMs, deviating }).toEqual({ aheadMs: 40 * MINUTES, deviating: [] })
  expect(describeDeviation(aheadMs ?? 0)).toBe('40 min behind')
})

test('a majority of the nodes is believed rather than this process and one node', () => {
  expect(verdict({ a: 0, b: 40 * MINUTES, c: 40 * MINUTES })).toEqual({
    aheadMs: 40 * MINUTES,
    deviating: ['a'],
  })
})

test('of two nodes that disagree the one is believed with which this process agrees', () => {
  expect(verdict({ b: 0, c: 40 * MINUTES })).toEqual({ aheadMs: 0, deviating: ['c'] })
})

test('three nodes and a process that all disagree know no time, and neither do one of three nodes and a process', () => {
  expect(verdict({ a: MINUTES, b: 10 * MINUTES, c: -10 * MINUTES }).aheadMs).toBeNull()
  expect(verdict({ c: 40 * MINUTES }).aheadMs).toBeNull()
  expect(verdict({}).aheadMs).toBeNull()
})

test('one node without replicas is the time of its data centre', () => {
  expect(verdict({ a: -13 * 60 * MINUTES }, 1)).toEqual({ aheadMs: -13 * 60 * MINUTES, deviating: [] })
})

test('one clock that is off, of a node or the process, never changes the time for the others', () => {
  const near = fc.integer({ min: -1000, max: 1000 })
  const off = fc.integer({ min: 2 * CLOCK_LIMIT_MS, max: 10 ** 12 }).chain((ms) => fc.constantFrom(ms, -ms))
  fc.assert(
    fc.property(near, near, near, off, fc.constantFrom('a', 'b', 'c', 'process'), (a, b, c, ms, who) => {
      const clocks = { a, b, c }
      // Every node is off from a process that is off itself.
      for (const name of ['a', 'b', 'c'] as const) {
        if (who === name || who === 'process') clocks[name] += ms
      }
      const { aheadMs, deviating } = verdict(clocks)
      expect(deviating).toEqual(who === 'process' ? [] : [who])
      expect(Math.abs((aheadMs ?? Number.NaN) - (who === 'process' ? ms : 0))).toBeLessThanOrEqual(1000)
    }),
  )
})

test('a deviation is described in its largest fitting unit', () => {
  expect(describeDeviation(-25_001)).toBe('25 s ahead of')
  expect(describeDeviation(13 * 3_600_000)).toBe('13 h behind')
  expect(describeDeviation(-400 * 86_400_000)).toBe('400 days ahead of')
  expect(describeDeviation(CLOCK_LIMIT_MS)).toBeNull()
})

test("a node's time is read from INFO server, and only where it is", () => {
  const info = (time: string) => `# Server\r\nredis_version:7.0.15\r\nserver_time_usec:${time}\r\nhz:10\r\n`
  expect(parseServerTime(info('1796125866531501'))).toBe(1796125866531.501)
  for (const time of ['', '-1', '1e9', '9'.repeat(18), 'nan']) expect(parseServerTime(info(time))).toBeNull()
})
