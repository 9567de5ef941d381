import { expect, it } from 'vitest'
import { Timeline } from '../src/timeline.ts'

/** A drill that began at 1,000 on the clock, with load from 2,000 to 12,000. */
function timeline() {
  const line = new Timeline(1000)
  line.mark('load-begins', 'users work', 2000)
  return line
}

it('each verification is in the interval in which it was due, and none from before the load is listed', () => {
  const line = timeline()
  line.record('verify', 1500, 900)
  for (const waitedMs of [3, 1, 2, 40]) line.record('verify', 2010, waitedMs)
  line.record('verify', 2110, 7.25)
  line.fail('verify', 2120)
  line.fail('login', 2120)
  line.mark('load-ends', 'users stop', 12_000)
  const report = line.report()
  expect(report).toMatchObject({ fromMs: 1000, toMs: 11_000, everyMs: 100 })
  expect(report.verifications).toEqual([
    { atMs: 1000, count: 4, failed: 0, medianMs: 2, longestMs: 40 },
    { atMs: 1100, count: 1, failed: 1, medianMs: 7.3, longestMs: 7.3 },
  ])
})

it('a timeline stays small for long drills and many logins', () => {
  const line = timeline()
  for (let index = 0; index < 20_000; index++) {
    line.record('verify', 2000 + index * 30, 1)
    line.record('login', 2000 + index * 30, index % 100)
  }
  line.mark('load-ends', 'users stop', 602_000)
  const { verifications, logins } = line.report()
  expect(verifications.length).toBeLessThanOrEqual(241)
  expect(logins.length).toBeLessThanOrEqual(241)
  expect(Math.min(...logins.slice(0, -1).map(({ waitedMs }) => waitedMs))).toBeGreaterThan(80)
})

it('events are in the order in which they happened', () => {
  const line = timeline()
  line.mark('fault-ends', 'over', 5000)
  line.mark('new-primary', 'new primary', 4000)
  expect(line.report().events.map(({ atMs, kind }) => [atMs, kind])).toEqual([
    [1000, 'load-begins'],
    [3000, 'new-primary'],
    [4000, 'fault-ends'],
  ])
})
