import { describe, expect, it } from 'vitest'
import { LoadMetrics } from '../src/load-metrics.ts'
import { defaultObjectives } from '../src/objectives/default.ts'
import { drillSettings } from '../src/options.ts'
import { type DrillEvidence, judge } from '../src/report.ts'

const VICTIM = {
  name: 'redis-1',
  kind: 'redis',
  host: '127.0.7.11',
  port: 6379,
  pid: 1,
  state: 'running',
  restarts: 0,
} as const

const ENVIRONMENT = {
  dataCentre: 'dc1',
  holdfast: '0.1.0',
  node: '24.0.0',
  redis: '7.0.15',
  system: 'Linux',
  cpus: 2,
  timings: 'fast',
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  transport: 'plain',
  redisNodes: [],
  sentinels: [],
  gateways: [],
  balancer: '127.0.7.1:8080',
}

function evidence(change: Partial<DrillEvidence> = {}): DrillEvidence {
  const metrics = new LoadMetrics()
  for (let count = 0; count < 1000; count++) metrics.done('verify', 2, `gateway-${(count % 4) + 1}`)
  metrics.done('login', 40, 'gateway-1')
  return {
    id: 'kill-primary',
    settings: drillSettings({ requestsPerSecond: 100 }),
    objectives: defaultObjectives({ downAfterMs: 1500 }),
    environment: ENVIRONMENT,
    plan: { victim: VICTIM, text: 'kill -9 redis-1', done: 'redis-1 was killed.', needsNewPrimary: true },
    metrics,
    startedAt: new Date(0),
    durationMs: 20_000,
    loadMs: 10_000,
    tookEffect: true,
    newPrimaryMs: 400,
    acknowledgingMs: 600,
    operationMs: null,
    connections: null,
    primary: { before: '127.0.7.11:6379', after: '127.0.7.12:6379' },
    loginsAfterFault: 10,
    acknowledgedLogouts: 5,
    redis: null,
    writesAfterFault: 0,
    loggedOutIds: new Set(),
    missingIds: new Set(),
    undoneIds: new Set(),
    audited: { primary: 200, gateways: 800 },
    holes: [],
    ...change,
  }
}

const failedOnce = () => {
  const { metrics } = evidence()
  metrics.fail('verify', '503 STORE_UNAVAILABLE by gateway-2')
  return metrics
}

it('a report shows a few failures of each kind, and counts all', () => {
  const { metrics } = evidence()
  for (let count = 0; count < 50; count++) metrics.fail('verify', '503 STORE_UNAVAILABLE by gateway-2')
  metrics.fail('verify', '503 unavailable')
  const { failures, failedVerifications } = judge(evidence({ metrics }))
  expect(failedVerifications).toBe(51)
  expect(failures.map(({ what }) => what)).toEqual([
    ...Array<string>(3).fill('503 STORE_UNAVAILABLE by gateway-2'),
    '503 unavailable',
  ])
})

// INV-DRILL-3.
it('a drill is not ok when a rotation of secrets ended a connection of an application', () => {
  expect(judge(evidence({ connections: { before: 40, ended: 0 } }))).toMatchObject({ ok: true })
  expect(judge(evidence({ connections: { before: 40, ended: 1 } })).problems).toEqual([
    'Ended connections: 1, objective at most 0.',
  ])
})

// INV-DRILL-3.
describe('a drill with plain Redis clients', () => {
  const client = {
    commands: 6000,
    acknowledgedWrites: 1000,
    failedCommands: 0,
    uncertainWrites: 0,
    lostWrites: 0,
    repeatedWrites: 0,
    endedConnections: 0,
    longestMs: 2100,
    p99Ms: 1900,
    failures: [],
  }
  const judged = (change: Partial<typeof client>, writesAfterFault = 500) =>
    judge(evidence({ redis: { ...client, ...change }, writesAfterFault }))

  it('is ok when they noticed nothing but a wait', () => {
    expect(judged({})).toMatchObject({ ok: true, redis: client })
  })

  it.each([
    [{ failedCommands: 1 }, 'Failed Redis commands: 1, objective at most 0.'],
    [{ lostWrites: 2 }, 'Lost Redis writes: 2, objective at most 0.'],
    [{ repeatedWrites: 3 }, 'Redis writes done twice: 3, objective at most 0.'],
    [{ endedConnections: 4 }, 'Ended connections of Redis clients: 4, objective at most 0.'],
    [{ longestMs: 10_001 }, 'Longest Redis command: 10,001 ms, objective at most 10,000 ms.'],
    [{ commands: 60 }, 'Only 60 of 6000 scheduled Redis commands were sent, too few for a verdict.'],
  ])('is not ok with %j', (change, problem) => {
    expect(judged(change).problems).toEqual([problem])
  })

  it('is not ok when no write was acknowledged after the fault', () => {
    expect(judged({}, 0).problems).toEqual(['No write of a Redis client was acknowledged after the fault.'])
  })
})

it('a drill is ok when no request failed and enough requests were made', () => {
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

describe('a drill is not ok', () => {
  it.each<[string, Partial<DrillEvidence>, string]>([
    ['when a request failed', { metrics: failedOnce() }, 'Failed verifications: 1, objective at most 0.'],
    ['when a user was logged out', { loggedOutIds: new Set(['a']) }, 'Users logged out: 1,'],
    ['when an acknowledged login is missing', { missingIds: new Set(['a', 'b']) }, 'Lost logins: 2,'],
    ['when a logout was undone', { undoneIds: new Set(['a']) }, 'Undone logouts: 1,'],
    ['when something could not be looked up', { holes: ['No primary.'] }, 'No primary.'],
    ['when too few requests were made', { loadMs: 100_000 }, 'Only 1000 of 10000'],
    ['when the fault did not take effect', { tookEffect: false }, 'did not take effect'],
    [
      'when no replica was promoted, and the fault needs a new primary',
      { newPrimaryMs: null },
      'No replica was promoted',
    ],
    ['when no login succeeded after the fault', { loginsAfterFault: 0 }, 'No login'],
    ['when nobody logged out', { acknowledgedLogouts: 0 }, 'No logout'],
  ])('%s', (_, change, problem) => {
    const report = judge(evidence(change))
    expect(report.ok).toBe(false)
    expect(report.problems).toEqual([expect.stringContaining(problem)])
  })
})

it('a report names each missed objective with its measurement, and a delay of the drill itself', () => {
  const { objectives } = defaultObjectives({ downAfterMs: 1500 })
  const strict = {
    objectives: { ...objectives, longestLoginMs: 39, verificationP99Ms: 2 },
    faults: { 'kill-primary': { newPrimaryMs: 399 }, 'kill-gateway': { failedLogins: -1 } },
  }
  const report = judge(evidence({ objectives: strict }))
  expect(report.problems.slice(0, 2)).toEqual([
    'Longest login wait: 40 ms, objective at most 39 ms.',
    'New primary: 400 ms, objective at most 399 ms.',
  ])
  expect(report.objectives.find(({ id }) => id === 'verificationP99Ms')).toMatchObject({
    met: true,
    measured: 2,
    most: 2,
  })
  expect(report.objectives.map(({ id }) => id)).not.toContain('longestVerificationMs')
})

it('a drill is ok without a new primary when the fault does not need one', () => {
  const { plan } = evidence()
  const none = { plan: { ...plan, needsNewPrimary: false }, newPrimaryMs: null }
  expect(judge(evidence(none)).ok).toBe(true)
})

it('settings out of bounds are rejected by name', () => {
  expect(() => drillSettings({ users: 0 })).toThrow('`users` must be a whole number from 1 to 5000, got 0.')
  expect(() => drillSettings({ lastsMs: 1.5 })).toThrow('`lastsMs`')
})
