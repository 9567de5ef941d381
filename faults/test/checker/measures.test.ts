import { describe, expect, it } from 'vitest'
import { measureAvailability } from '../../src/checker/availability.ts'
import { gatherFacts } from '../../src/checker/facts.ts'
import { addLatency, joinHistograms, type LatencyHistogram, percentileMs } from '../../src/checker/latency.ts'
import { loginGapMs } from '../../src/checker/login-gap.ts'
import { findVacuity, LEAST_COUNTS } from '../../src/checker/vacuity.ts'
import { joinCalls } from '../../src/history/calls.ts'
import { HandWritten } from './history.ts'

const nobody = () => false

describe('availability', () => {
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

  it('counts in the span of the fault alone, failures by windows of 100 ms', () => {
    const measured = measureAvailability(calls, new Map(), [{ fromMs: 100, toMs: 400 }], nobody)
    expect(measured).toMatchObject({ verifications: 4, failed: 3, failedWindows: 2, longestMs: 1000 })
  })

  it('leaves out servers that a fault touched', () => {
    const measured = measureAvailability(calls, new Map(), [{ fromMs: 100, toMs: 400 }], () => true)
    expect(measured.verifications).toBe(0)
  })
})

describe('a session whose log-out', () => {
  const measure = (history: HandWritten) => {
    const calls = joinCalls(history.verify('t', 200, 1200, 'unavailable').sorted())
    return measureAvailability(calls, gatherFacts(calls, 0), [{ fromMs: 0, toMs: 9000 }], nobody)
  }

  it.each([
    ['is under way', new HandWritten().revoke('t', 100, 3000)],
    ['begins meanwhile', new HandWritten().revoke('t', 300, 400)],
    ['never ends', new HandWritten().unfinished({ operation: 'revoke', token: 't' }, 100)],
  ])('%s is counted apart: neither answer need be true', (_, history) => {
    expect(measure(history)).toMatchObject({ verifications: 0, failed: 0, undecided: 1, undecidedFailed: 1 })
  })

  it.each([
    ['was acknowledged', new HandWritten().revoke('t', 100, 150)],
    ['was acknowledged, and is asked for again', new HandWritten().revoke('t', 90, 99).revoke('t', 100, 900)],
    ['was given up before', new HandWritten().revoke('t', 100, 150, 'info')],
    ['is of another session', new HandWritten().revoke('u', 100, 3000)],
  ])('%s is counted like any', (_, history) => {
    expect(measure(history)).toMatchObject({ verifications: 1, failed: 1, undecided: 0 })
  })
})

describe('the login gap', () => {
  const calls = joinCalls(
    new HandWritten()
      .issue('a', 0, 10)
      .issue('b', 90, 100)
      .issue('c', 110, 1600)
      .issue('d', 1600, 1610)
      .sorted(),
  )

  it('is the longest stretch without an acknowledged login that touches the fault', () => {
    expect(loginGapMs(calls, { fromMs: 200, toMs: 400 }, nobody)).toBe(1500)
    expect(loginGapMs(calls, { fromMs: 20, toMs: 30 }, nobody)).toBe(90)
  })

  it('is unknown when no login follows', () => {
    expect(loginGapMs(calls, { fromMs: 2000, toMs: 3000 }, nobody)).toBeNull()
  })
})

describe('a latency histogram', () => {
  it('gives percentiles at most a twentieth too high, also after joining', () => {
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

it('a run with too little of anything is vacuous', () => {
  expect(findVacuity(LEAST_COUNTS)).toEqual([])
  for (const name of Object.keys(LEAST_COUNTS) as (keyof typeof LEAST_COUNTS)[]) {
    expect(findVacuity({ ...LEAST_COUNTS, [name]: LEAST_COUNTS[name] - 1 })).toHaveLength(1)
  }
})
