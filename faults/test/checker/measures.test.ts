import { describe, expect, it } from 'vitest'
import { loginGapMs, measureAvailability, verificationsOf } from '../../src/checker/availability.ts'
import { addLatency, joinHistograms, type LatencyHistogram, percentileMs } from '../../src/checker/latency.ts'
import { gatherHistories } from '../../src/checker/token-history.ts'
import { findVacuity, MIN_COUNTS } from '../../src/checker/vacuity.ts'
import { joinCalls } from '../../src/history/calls.ts'
import { HandWritten } from './history.ts'

const nobody = () => false

describe('measureAvailability', () => {
  const calls = joinCalls(
    new HandWritten()
      .verify('t', 50, 51, 'active')
      .verify('t', 110, 140, 'active')
      .verify('t', 120, 1120, 'unavailable')
      .verify('t', 130, 1130, 'unavailable')
      .unfinished({ operation: 'verify', token: 't' }, 320)
      .verify('t', 950, 951, 'unavailable')
      .sorted(),
  )

  it('counts only verifications during a fault, and failed windows of 100 ms', () => {
    const measured = measureAvailability(
      calls,
      verificationsOf(new Map()),
      [{ fromMs: 100, toMs: 400 }],
      nobody,
    )
    expect(measured).toMatchObject({ verifications: 4, failed: 3, failedWindows: 2, longestMs: 1000 })
  })

  it('excludes servers that a fault affected', () => {
    const measured = measureAvailability(
      calls,
      verificationsOf(new Map()),
      [{ fromMs: 100, toMs: 400 }],
      () => true,
    )
    expect(measured.verifications).toBe(0)
  })
})

describe('a session whose logout', () => {
  const measure = (history: HandWritten) => {
    const calls = joinCalls(history.verify('t', 200, 1200, 'unavailable').sorted())
    return measureAvailability(
      calls,
      verificationsOf(gatherHistories(calls, 0)),
      [{ fromMs: 0, toMs: 9000 }],
      nobody,
    )
  }

  it.each([
    ['is in progress', new HandWritten().revoke('t', 100, 3000)],
    ['begins during the verification', new HandWritten().revoke('t', 300, 400)],
    ['never ends', new HandWritten().unfinished({ operation: 'revoke', token: 't' }, 100)],
  ])('%s is counted as undecided, because either answer may be correct', (_, history) => {
    expect(measure(history)).toMatchObject({ verifications: 0, failed: 0, undecided: 1, undecidedFailed: 1 })
  })

  it.each([
    ['was acknowledged', new HandWritten().revoke('t', 100, 150)],
    ['was acknowledged, and is requested again', new HandWritten().revoke('t', 90, 99).revoke('t', 100, 900)],
    ['ended without an answer before', new HandWritten().revoke('t', 100, 150, 'info')],
    ['is of another session', new HandWritten().revoke('u', 100, 3000)],
  ])('%s is counted as a normal verification', (_, history) => {
    expect(measure(history)).toMatchObject({ verifications: 1, failed: 1, undecided: 0 })
  })
})

describe('loginGapMs', () => {
  const calls = joinCalls(
    new HandWritten()
      .issue('a', 0, 10)
      .issue('b', 90, 100)
      .issue('c', 110, 1600)
      .issue('d', 1600, 1610)
      .sorted(),
  )

  it('returns the longest period without an acknowledged login that overlaps the fault', () => {
    expect(loginGapMs(calls, { fromMs: 200, toMs: 400 }, nobody)).toBe(1500)
    expect(loginGapMs(calls, { fromMs: 20, toMs: 30 }, nobody)).toBe(90)
  })

  it('returns null when no login follows the fault', () => {
    expect(loginGapMs(calls, { fromMs: 2000, toMs: 3000 }, nobody)).toBeNull()
  })
})

describe('a latency histogram', () => {
  it('gives percentiles that are at most 5 % too high, also after joining histograms', () => {
    const one: LatencyHistogram = {}
    const other: LatencyHistogram = {}
    for (let ms = 1; ms <= 1000; ms++) addLatency(ms % 2 === 0 ? one : other, ms)
    const joined = joinHistograms([one, other])
    for (const share of [0.5, 0.99, 0.999]) {
      const percentile = percentileMs(joined, share)
      expect(percentile).toBeGreaterThanOrEqual(1000 * share)
      expect(percentile).toBeLessThanOrEqual(1000 * share * 1.05)
    }
  })
})

it('a run with too few operations of any kind is vacuous', () => {
  expect(findVacuity(MIN_COUNTS, MIN_COUNTS)).toEqual([])
  for (const name of Object.keys(MIN_COUNTS) as (keyof typeof MIN_COUNTS)[]) {
    expect(findVacuity({ ...MIN_COUNTS, [name]: MIN_COUNTS[name] - 1 }, MIN_COUNTS)).toHaveLength(1)
  }
})
