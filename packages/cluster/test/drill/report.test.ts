import { describe, expect, it } from 'vitest'
import { drillSettings } from '../../src/drill/options.ts'
import { type DrillEvidence, judge } from '../../src/drill/report.ts'
import { Tally } from '../../src/drill/tally.ts'

function evidence(change: Partial<DrillEvidence> = {}): DrillEvidence {
  const tally = new Tally()
  for (let count = 0; count < 1000; count++) tally.done('verify', 2, `gateway-${(count % 4) + 1}`)
  tally.done('login', 40, 'gateway-1')
  return {
    settings: drillSettings({ requestsPerSecond: 100 }),
    victim: 'redis-1',
    tally,
    startedAt: new Date(0),
    durationMs: 20_000,
    loadMs: 10_000,
    tookEffect: true,
    needsNewPrimary: true,
    newPrimaryMs: 400,
    acknowledgingMs: 600,
    primary: { before: '127.0.7.11:6379', after: '127.0.7.12:6379' },
    loginsAfterFault: 10,
    acknowledgedLogouts: 5,
    loggedOutIds: new Set(),
    missingIds: new Set(),
    undoneIds: new Set(),
    audited: { primary: 200, gateways: 800 },
    holes: [],
    ...change,
  }
}

const failedOnce = () => {
  const { tally } = evidence()
  tally.fail('verify', '503 STORE_UNAVAILABLE by gateway-2')
  return tally
}

it('is ok when nobody noticed anything and the run proves it', () => {
  const report = judge(evidence())
  expect(report).toMatchObject({
    ok: true,
    problems: [],
    requests: 1001,
    failedRequests: 0,
    longestLoginMs: 40,
  })
  expect(report.servers).toEqual({ 'gateway-1': 251, 'gateway-2': 250, 'gateway-3': 250, 'gateway-4': 250 })
})

describe('is not ok', () => {
  it.each<[string, Partial<DrillEvidence>, string]>([
    ['when a request failed', { tally: failedOnce() }, '1 verifications failed.'],
    ['when a user was logged out', { loggedOutIds: new Set(['a']) }, '1 users were logged out'],
    [
      'when an acknowledged login is missing',
      { missingIds: new Set(['a', 'b']) },
      '2 acknowledged logins are',
    ],
    ['when a log-out was undone', { undoneIds: new Set(['a']) }, '1 acknowledged log-outs were undone.'],
    ['when something could not be looked up', { holes: ['No primary.'] }, 'No primary.'],
    ['when too few requests were made', { loadMs: 100_000 }, 'Only 1000 of 10000'],
    ['when the fault did not take effect', { tookEffect: false }, 'did not take effect'],
    ['when a new primary was due and none came', { newPrimaryMs: null }, 'No new primary'],
    ['when nobody logged in after the fault', { loginsAfterFault: 0 }, 'No login'],
    ['when nobody logged out', { acknowledgedLogouts: 0 }, 'No log-out'],
  ])('%s', (_, change, problem) => {
    const report = judge(evidence(change))
    expect(report.ok).toBe(false)
    expect(report.problems).toEqual([expect.stringContaining(problem)])
  })
})

it('is ok without a new primary when none was due', () => {
  expect(judge(evidence({ needsNewPrimary: false, newPrimaryMs: null })).ok).toBe(true)
})

it('refuses settings out of bounds, naming them', () => {
  expect(() => drillSettings({ users: 0 })).toThrow('`users` must be a whole number from 1 to 5000, got 0.')
  expect(() => drillSettings({ pauseMs: 1.5 })).toThrow('`pauseMs`')
})
