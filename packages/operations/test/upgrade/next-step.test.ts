import type { ReplicationView } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import { unhealthyReason } from '../../src/upgrade/health.ts'
import { mayFollow, nextStep } from '../../src/upgrade/next-step.ts'
import type { GroupSnapshot, RedisState, SentinelState } from '../../src/upgrade/snapshot.ts'

type RedisChange = Partial<Omit<RedisState, 'replication'>> & { replication?: Partial<ReplicationView> }
type SentinelChange = Partial<Omit<SentinelState, 'answer'>> & { answer?: Partial<SentinelState['answer']> }

const at = (place: number) => `10.0.0.1${place}:6379`

/** A whole data centre, whose first Redis is the primary. */
function snapshotOf(
  redis: Readonly<Record<number, RedisChange>> = {},
  sentinels: Readonly<Record<number, SentinelChange>> = {},
): GroupSnapshot {
  return {
    redis: [1, 2, 3].map((place) => {
      const { replication, ...change } = redis[place] ?? {}
      return {
        kind: 'redis',
        name: `redis-${place}`,
        at: at(place),
        index: place - 1,
        problem: '',
        facts: {
          runId: `old-r${place}`,
          version: '7.0.15',
          isLoading: false,
          rewritesLog: false,
          hasMark: true,
          ...change,
          replication: {
            role: place === 1 ? 'primary' : 'replica',
            replid: 'a',
            replid2: '0',
            offset: 1000,
            replicas: [],
            primaryAddress: place === 1 ? null : at(1),
            linkUp: place !== 1,
            ...replication,
          },
        },
      }
    }),
    sentinels: [1, 2, 3].map((place) => {
      const { answer, ...change } = sentinels[place] ?? {}
      return {
        kind: 'sentinel',
        name: `sentinel-${place}`,
        at: `10.0.0.1${place}:26379`,
        index: place - 1,
        problem: '',
        facts: {
          runId: `old-s${place}`,
          version: '7.0.15',
          unreached: 0,
          tilt: false,
          quorumProblem: null,
          ...change,
          answer: {
            sentinel: { host: `10.0.0.1${place}`, port: 26379 },
            primary: at(1),
            configEpoch: 0,
            knownReplicas: 2,
            knownSentinels: 2,
            failingOver: false,
            findsItDown: false,
            downAfterMs: 1500,
            failoverTimeoutMs: 6000,
            ...answer,
          },
        },
      }
    }),
  }
}

const journal = {
  beganAt: '2026-01-01T00:00:00.000Z',
  only: null,
  host: null,
  targets: [1, 2, 3].flatMap((place) => [
    { name: `sentinel-${place}`, runId: `old-s${place}`, version: '7.0.15' },
    { name: `redis-${place}`, runId: `old-r${place}`, version: '7.0.15' },
  ]),
}

const done = { runId: 'new' }
const allSentinels = { 1: done, 2: done, 3: done }
const newer = { ...done, version: '8.0.1' }

const brief = (step: ReturnType<typeof nextStep>) =>
  step.kind === 'restart'
    ? step.process.name
    : step.kind === 'switch-over'
      ? `${step.from.name} to ${step.to.name}`
      : step.kind === 'stop'
        ? step.reason
        : 'done'
const next = (snapshot: GroupSnapshot, from = journal, notChosen: string[] = []) =>
  brief(nextStep(snapshot, from, notChosen))

// INV-OPERATIONS-6.
describe('the next step of an upgrade', () => {
  it.each<[string, GroupSnapshot, string]>([
    ['begins with the first Sentinel', snapshotOf(), 'sentinel-1'],
    ['goes on with the next one', snapshotOf({}, { 1: done }), 'sentinel-2'],
    ['comes to the replicas when the Sentinels are done', snapshotOf({}, allSentinels), 'redis-2'],
    ['comes to the second replica', snapshotOf({ 2: done }, allSentinels), 'redis-3'],
    [
      'moves the primary to the replica that has most',
      snapshotOf({ 2: done, 3: { ...done, replication: { offset: 1500 } } }, allSentinels),
      'redis-1 to redis-3',
    ],
    [
      'restarts the old primary when it is one no more',
      snapshotOf(
        {
          1: { replication: { role: 'replica', primaryAddress: at(2), linkUp: true } },
          2: { ...done, replication: { role: 'primary', primaryAddress: null } },
          3: done,
        },
        allSentinels,
      ),
      'redis-1',
    ],
    ['is none when all are other processes', snapshotOf({ 1: done, 2: done, 3: done }, allSentinels), 'done'],
    [
      'lets a newer replica be primary for one that is about to be restarted',
      snapshotOf({ 2: newer, 3: newer }, allSentinels),
      'redis-1 to redis-2',
    ],
    [
      'never makes a newer one primary for an older replica that stays',
      snapshotOf({ 2: newer, 3: { ...done, replication: { offset: 10 } } }, allSentinels),
      'redis-1 to redis-3',
    ],
  ])('%s', (_, snapshot, expected) => {
    expect(next(snapshot)).toBe(expected)
  })

  // INV-OPERATIONS-7.
  it('stops the upgrade at a replica that came back older than its primary', () => {
    const snapshot = snapshotOf({ 1: { version: '8.0.1' }, 2: done }, allSentinels)
    expect(next(snapshot)).toMatch(
      /redis-2 was restarted with version 7\.0\.15, .* Install the newer program there\./,
    )
  })

  it('prefers a replica that may be elected', () => {
    expect(next(snapshotOf({ 2: done, 3: done }, allSentinels), journal, ['redis-2'])).toBe(
      'redis-1 to redis-3',
    )
  })

  it('restarts no process that was not chosen', () => {
    const some = { ...journal, targets: journal.targets.filter(({ name }) => name === 'redis-1') }
    expect(next(snapshotOf(), some)).toBe('redis-1 to redis-2')
  })
})

describe('the data centre is unhealthy', () => {
  it.each<[string, GroupSnapshot, RegExp]>([
    ['while a Redis loads', snapshotOf({ 2: { isLoading: true } }), /redis-2 is still loading/],
    [
      'with two primaries',
      snapshotOf({ 2: { replication: { role: 'primary' } } }),
      /^2 Redis have the role primary/,
    ],
    [
      'with a cut link',
      snapshotOf({ 3: { replication: { linkUp: false } } }),
      /redis-3 is not linked to redis-1/,
    ],
    [
      'while a replica is behind',
      snapshotOf({ 1: { replication: { offset: 900_000 } } }),
      /redis-2 is 899000 bytes behind/,
    ],
    ['with a Redis that was emptied', snapshotOf({ 2: { hasMark: false } }), /redis-2 does not hold/],
    [
      'while an append-only file is rewritten',
      snapshotOf({ 2: { rewritesLog: true } }),
      /rewriting its append-only file/,
    ],
    [
      'in a failover',
      snapshotOf({}, { 2: { answer: { failingOver: true } } }),
      /sentinel-2 leads a failover/,
    ],
    [
      'with Sentinels that disagree',
      snapshotOf({}, { 3: { answer: { primary: at(2) } } }),
      /sentinel-3 names/,
    ],
    ['with a replica unknown', snapshotOf({}, { 1: { answer: { knownReplicas: 1 } } }), /knows 1 replicas/],
    ['with a Sentinel unknown', snapshotOf({}, { 1: { answer: { knownSentinels: 1 } } }), /knows 1 other/],
    [
      'with a process that a Sentinel does not reach',
      snapshotOf({}, { 1: { unreached: 1 } }),
      /does not reach 1/,
    ],
    ['in TILT', snapshotOf({}, { 1: { tilt: true } }), /TILT/],
    ['without a quorum', snapshotOf({}, { 1: { quorumProblem: 'NOQUORUM' } }), /no quorum: NOQUORUM/],
  ])('%s', (_, snapshot, expected) => {
    expect(unhealthyReason(snapshot)).toMatch(expected)
  })

  it('unless every process answers', () => {
    expect(unhealthyReason(snapshotOf())).toBeNull()
  })
})

it.each([
  ['7.0.15', '7.0.2', true],
  ['7.0.2', '7.0.15', true],
  ['7.2.0', '7.0.15', true],
  ['7.0.15', '7.2.0', false],
  ['8.0.0', '7.4.1', true],
  ['7.4.1', '8.0.0', false],
])('a replica of %s may follow a primary of %s: %s', (replica, primary, answer) => {
  expect(mayFollow(replica, primary)).toBe(answer)
})
