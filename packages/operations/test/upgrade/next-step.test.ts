import { groupSnapshot, redisAt } from '@holdfast/testing/local/group-snapshot'
import { describe, expect, it } from 'vitest'
import { mayFollow, nextStep } from '../../src/upgrade/next-step.ts'

type Snapshot = ReturnType<typeof groupSnapshot>

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
      : step.kind === 'stop' || step.kind === 'refuse'
        ? step.reason
        : 'done'
const next = (snapshot: Snapshot, from = journal, notChosen: string[] = []) =>
  brief(nextStep(snapshot, from, notChosen))

/** Facts as a snapshot has them, by the fields of `INFO` that FACT-66 and FACT-67 describe. */
const valkey = { runId: 'new', product: 'Valkey', version: '8.1.1' } as const
const redisOf = (version: string) => {
  const facts = { version, product: 'Redis' } as const
  return { 1: facts, 2: facts, 3: facts }
}

describe('an upgrade to Valkey', () => {
  it.each(['8.0.2', '7.4.1'])(
    'is refused at the first new Sentinel when the primary is Redis %s',
    (version) => {
      const step = nextStep(groupSnapshot(redisOf(version), { 1: valkey }), journal, [])
      expect(step).toEqual({
        kind: 'refuse',
        reason: expect.stringContaining(
          `sentinel-1 was restarted as Valkey 8.1.1, which cannot copy the data of Redis ${version}. No Redis was restarted.`,
        ),
      })
    },
  )

  it.each(['7.0.15', '7.2.4'])('goes on when the primary is Redis %s', (version) => {
    expect(next(groupSnapshot(redisOf(version), { 1: valkey }))).toBe('sentinel-2')
  })

  it('is left by a new run, which restarts the Sentinel that runs Valkey', () => {
    const again = {
      ...journal,
      targets: journal.targets.map((one) => (one.name === 'sentinel-1' ? { ...one, runId: 'new' } : one)),
    }
    expect(next(groupSnapshot(redisOf('8.0.2'), { 1: valkey }), again)).toBe('sentinel-1')
  })
})

// INV-OPERATIONS-6.
describe('the next step of an upgrade', () => {
  it.each<[string, Snapshot, string]>([
    ['begins with the first Sentinel', groupSnapshot(), 'sentinel-1'],
    ['goes on with the next one', groupSnapshot({}, { 1: done }), 'sentinel-2'],
    ['comes to the replicas when the Sentinels are done', groupSnapshot({}, allSentinels), 'redis-2'],
    ['comes to the second replica', groupSnapshot({ 2: done }, allSentinels), 'redis-3'],
    [
      'moves the primary to the replica that has most',
      groupSnapshot({ 2: done, 3: { ...done, replication: { offset: 1500 } } }, allSentinels),
      'redis-1 to redis-3',
    ],
    [
      'restarts the old primary when it is one no more',
      groupSnapshot(
        {
          1: { replication: { role: 'replica', primaryAddress: redisAt(2), linkUp: true } },
          2: { ...done, replication: { role: 'primary', primaryAddress: null } },
          3: done,
        },
        allSentinels,
      ),
      'redis-1',
    ],
    [
      'is none when all are other processes',
      groupSnapshot({ 1: done, 2: done, 3: done }, allSentinels),
      'done',
    ],
    [
      'lets a newer replica be primary for one that is about to be restarted',
      groupSnapshot({ 2: newer, 3: newer }, allSentinels),
      'redis-1 to redis-2',
    ],
    [
      'never makes a newer one primary for an older replica that stays',
      groupSnapshot({ 2: newer, 3: { ...done, replication: { offset: 10 } } }, allSentinels),
      'redis-1 to redis-3',
    ],
  ])('%s', (_, snapshot, expected) => {
    expect(next(snapshot)).toBe(expected)
  })

  // INV-OPERATIONS-7.
  it('stops the upgrade at a replica that came back older than its primary', () => {
    const snapshot = groupSnapshot({ 1: { version: '8.0.1' }, 2: done }, allSentinels)
    expect(next(snapshot)).toMatch(
      /redis-2 was restarted with version 7\.0\.15, .* Install the newer program there\./,
    )
  })

  it('prefers a replica that may be elected', () => {
    expect(next(groupSnapshot({ 2: done, 3: done }, allSentinels), journal, ['redis-2'])).toBe(
      'redis-1 to redis-3',
    )
  })

  it('restarts no process that was not chosen', () => {
    const some = { ...journal, targets: journal.targets.filter(({ name }) => name === 'redis-1') }
    expect(next(groupSnapshot(), some)).toBe('redis-1 to redis-2')
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
