import { expect, test } from 'vitest'
import { isMissed } from '../../src/figure.ts'
import type { Observed } from '../../src/redis-clients/observe.ts'
import { figuresOf, merge, tablesOf } from '../../src/redis-clients/report.ts'

const one: Observed = {
  client: 'ioredis',
  fault: 'kill',
  side: 'with the proxy',
  commands: 600,
  failed: 0,
  longestMs: 2345,
  stale: 3,
  staleBeyondLease: 0,
  ended: 0,
  failures: {},
  lost: 0,
  twice: 0,
}
const without: Observed = { ...one, side: 'without', failed: 7, lost: 2, failures: { rare: 1, READONLY: 6 } }

test('what was observed again replaces what was observed before, and the rest stays', () => {
  const before = [one, without]
  const again = { ...one, longestMs: 1 }
  expect(merge(before, [again])).toEqual([without, again])
})

test('both sides of a fault stand below each other, with the most frequent failure', () => {
  const [table] = tablesOf([without, one])
  expect(table?.title).toBe('ioredis')
  expect(table?.rows.map((row) => row.slice(1))).toEqual([
    ['with the proxy', '0, 600', '0', '0', '3 (0)', '2.35 s', '0', ''],
    ['without', '7, 600', '2', '0', '3 (0)', '2.35 s', '0', '6 × READONLY'],
  ])
})

test('any broken promise of the proxy misses the goal, and the other side has no goal', () => {
  expect(isMissed(figuresOf([one, { ...without, longestMs: 60_000 }]))).toBe(false)
  for (const broken of [
    { failed: 1 },
    { lost: 1 },
    { twice: 1 },
    { staleBeyondLease: 1 },
    { ended: 1 },
    { longestMs: 3001 },
  ]) {
    expect(isMissed(figuresOf([{ ...one, ...broken }]))).toBe(true)
  }
})
