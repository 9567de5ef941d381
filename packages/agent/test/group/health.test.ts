import { GROUP_ID, groupSnapshot, redisAt } from '@holdfast/testing/local/group-snapshot'
import { describe, expect, it } from 'vitest'
import { health, MAX_LAG_BYTES, primaryOf, REASON_CODES, unhealthyReason } from '../../src/group/health.ts'
import type { GroupSnapshot } from '../../src/group/snapshot.ts'

const planned = { groupId: GROUP_ID }

/** The state, its only reason, and the sentence about it. */
type Row = [code: (typeof REASON_CODES)[number], snapshot: GroupSnapshot, text: string]

const ONE_REASON: Row[] = [
  ['redis-unreachable', groupSnapshot({ 3: null }), 'redis-3: 10.0.0.13:6379 did not answer.'],
  ['sentinel-unreachable', groupSnapshot({}, { 3: null }), 'sentinel-3: 10.0.0.13:26379 did not answer.'],
  ['redis-loading', groupSnapshot({ 2: { isLoading: true } }), 'redis-2 is still loading its data.'],
  [
    'no-single-primary',
    groupSnapshot({ 2: { replication: { role: 'primary', linkUp: false } } }),
    '2 Redis have the role primary, and exactly one must have it.',
  ],
  [
    'replica-not-linked',
    groupSnapshot({ 3: { replication: { linkUp: false } } }),
    'redis-3 is not linked to redis-1.',
  ],
  [
    'replica-not-linked',
    groupSnapshot({ 3: { replication: { primaryAddress: redisAt(2) } } }),
    'redis-3 is not linked to redis-1.',
  ],
  [
    'replica-not-online',
    groupSnapshot({ 1: { replication: { replicas: [] } } }),
    'redis-1 counts only 0 of 2 linked replicas as online.',
  ],
  [
    'replica-behind',
    groupSnapshot({ 3: { replication: { offset: 1000 - MAX_LAG_BYTES - 1 } } }),
    `redis-3 is ${MAX_LAG_BYTES + 1} bytes behind redis-1.`,
  ],
  [
    'foreign-data',
    groupSnapshot({ 2: { groupId: null } }),
    'redis-2 does not hold the data of this data centre.',
  ],
  ['log-rewrite', groupSnapshot({ 2: { rewritesLog: true } }), 'redis-2 is rewriting its append-only file.'],
  ['failover-under-way', groupSnapshot({}, { 2: { failingOver: true } }), 'sentinel-2 leads a failover.'],
  [
    'sentinel-disagrees',
    groupSnapshot({}, { 3: { primary: redisAt(2) } }),
    'sentinel-3 names 10.0.0.12:6379 as primary, but redis-1 (10.0.0.11:6379) has that role.',
  ],
  [
    'primary-marked-down',
    groupSnapshot({}, { 1: { findsItDown: true } }),
    'sentinel-1 marks the primary as down.',
  ],
  [
    'replicas-unknown',
    groupSnapshot({}, { 1: { knownReplicas: 1 } }),
    'sentinel-1 knows 1 replicas instead of 2.',
  ],
  [
    'sentinels-unknown',
    groupSnapshot({}, { 1: { knownSentinels: 3 } }),
    'sentinel-1 knows 3 other Sentinels instead of 2.',
  ],
  [
    'peers-unreached',
    groupSnapshot({}, { 1: { unreached: 1 } }),
    'sentinel-1 does not reach 1 of the replicas and Sentinels that it knows.',
  ],
  [
    'sentinel-tilt',
    groupSnapshot({}, { 1: { tilt: true } }),
    'sentinel-1 is in TILT, so it would not start a failover.',
  ],
  [
    'no-quorum',
    groupSnapshot({}, { 1: { quorumProblem: 'NOQUORUM 1 usable' } }),
    'sentinel-1 has no quorum: NOQUORUM 1 usable',
  ],
]

// INV-AGENT-19.
describe('a group is unhealthy', () => {
  it.each(ONE_REASON)('for one reason: %s', (code, snapshot, text) => {
    const [reason, ...more] = health(snapshot, planned)
    expect(more).toEqual([])
    expect(reason).toMatchObject({ code, text })
    expect(reason?.process ?? 'the group').toMatch(
      code === 'no-single-primary' ? /^the group$/ : /^\w+-[123]$/,
    )
  })

  it('for reasons that all have a row in this table', () => {
    expect(new Set(ONE_REASON.map(([code]) => code))).toEqual(new Set(REASON_CODES))
  })
})

it('a group without a fault has no reason', () => {
  expect(health(groupSnapshot(), planned)).toEqual([])
})

it('a group without its primary gives every reason, and the Sentinels need not agree with a Redis', () => {
  const lost = { replication: { linkUp: false } }
  const snapshot = groupSnapshot({ 1: null, 2: lost, 3: lost }, { 3: { primary: redisAt(3) } })
  expect(health(snapshot, planned).map(({ code, text }) => [code, text])).toEqual([
    ['redis-unreachable', 'redis-1: 10.0.0.11:6379 did not answer.'],
    ['no-single-primary', '0 Redis have the role primary, and exactly one must have it.'],
    ['replica-not-linked', 'redis-2 is not linked to its primary.'],
    ['replica-not-linked', 'redis-3 is not linked to its primary.'],
    ['sentinel-disagrees', `The Sentinels name different primaries: ${redisAt(1)}, ${redisAt(3)}.`],
  ])
  expect(primaryOf(snapshot)).toBeNull()
})

it('nothing is expected of a Redis that is held', () => {
  const snapshot = groupSnapshot({
    3: null,
    1: { replication: { replicas: [{ address: redisAt(2), offset: 0, lagSeconds: 0 }] } },
  })
  expect(health(snapshot, { ...planned, held: ['redis-3'] })).toEqual([])
})

it('facts that were not asked are no reason', () => {
  const { redis, sentinels } = groupSnapshot()
  for (const { facts } of redis) if (facts !== null) Reflect.deleteProperty(facts, 'groupId')
  for (const { facts } of sentinels) {
    for (const name of ['unreached', 'tilt', 'quorumProblem'])
      if (facts !== null) Reflect.deleteProperty(facts, name)
  }
  expect(health({ redis, sentinels }, planned)).toEqual([])
})

it('a small lag, which ends within a moment, is not a reason', () => {
  const snapshot = groupSnapshot({ 3: { replication: { offset: 1000 - MAX_LAG_BYTES } } })
  expect(health(snapshot, planned)).toEqual([])
})

it('a caller gets the first sentence of the reasons that it waits for', () => {
  const snapshot = groupSnapshot(
    { 2: { rewritesLog: true } },
    { 1: { tilt: true }, 2: { failingOver: true } },
  )
  expect(unhealthyReason(snapshot, planned, ['sentinel-tilt', 'failover-under-way'])).toBe(
    'sentinel-2 leads a failover.',
  )
  expect(unhealthyReason(snapshot, planned, ['no-quorum'])).toBeNull()
})
