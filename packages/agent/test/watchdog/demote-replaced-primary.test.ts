import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import { demoteReplacedPrimaries } from '../../src/watchdog/rules/demote-replaced-primary.ts'
import { PrimaryTracker } from '../../src/watchdog/rules/primary-tracker.ts'
import type { Action, Asked, EndedAction, Observation } from '../../src/watchdog/rules/rule.ts'
import { redisAt as at, observe, primaryOf, sentinelAt, viewOf } from '../support/observation.ts'

type View = NodeView & Asked

const primary = (host: string, more: Partial<View> = {}): View => primaryOf(host, { replid: 'old', ...more })
const promoted = (host: string, more: Partial<View> = {}): View =>
  primary(host, { replid: 'new', replid2: 'old', ...more })
const replica = (host: string, of: string): View =>
  viewOf(host, { replid: 'old', primaryAddress: formatAddress(at(of)) })

type Announcements = Observation['announcements']

const announces = (host: string, configEpoch: number, sentinels = ['sa', 'sb', 'sc']): Announcements =>
  sentinels.map((sentinel) => ({
    sentinel: sentinelAt(sentinel),
    primaryAddress: formatAddress(at(host)),
    configEpoch,
    downAfterMs: 1500,
    failoverTimeoutMs: 6000,
    askedAtMs: 0,
  }))

type Snapshot = [View[], Announcements]
const HEALTHY: Snapshot = [[primary('a'), replica('b', 'a'), replica('c', 'a')], announces('a', 1)]
const PROMOTED: Snapshot = [[primary('a'), promoted('b'), replica('c', 'b')], announces('a', 1)]

function trackerAfter(...snapshots: Snapshot[]): PrimaryTracker {
  const tracker = new PrimaryTracker()
  // Each snapshot is observed twice, because the views in it are older than its announcements.
  for (const [views, announcements] of snapshots.flatMap((snapshot) => [snapshot, snapshot])) {
    tracker.observe(structuredClone(views), announcements, 0)
  }
  return tracker
}

/** The host that has replaced host a after these snapshots, or null. */
const successorOfA = (...snapshots: Snapshot[]): string | null =>
  trackerAfter(...snapshots).replaced(formatAddress(at('a')))?.successor.address.host ?? null

describe('PrimaryTracker.replaced', () => {
  it('an old primary counts as replaced by the replica promoted from its history, before any announcement', () => {
    expect(successorOfA(HEALTHY, PROMOTED)).toBe('b')
  })

  it('an old primary counts as replaced even if it did not answer for a while', () => {
    const [views, answers] = PROMOTED
    expect(successorOfA(HEALTHY, [views.slice(1), answers], PROMOTED)).toBe('b')
  })

  it('an old primary counts as replaced when only the leader has announced the successor', () => {
    expect(
      successorOfA([PROMOTED[0], [...announces('b', 2, ['sa']), ...announces('a', 1, ['sb', 'sc'])]]),
    ).toBe('b')
  })

  it('an old primary counts as replaced once the successor is announced, without earlier observations', () => {
    expect(successorOfA([PROMOTED[0], announces('b', 2)])).toBe('b')
  })

  it.each<[string, Snapshot[]]>([
    ['no replica was promoted', [HEALTHY, HEALTHY]],
    ['it does not answer', [HEALTHY, [PROMOTED[0].slice(1), PROMOTED[1]]]],
    ['it is already a replica', [HEALTHY, [[replica('a', 'b'), promoted('b')], announces('a', 1)]]],
    [
      'the other primary has a history of its own',
      [HEALTHY, [[primary('a'), promoted('b', { replid2: 'x' })], announces('a', 1)]],
    ],
    ['the other primary was promoted before this one was announced', [PROMOTED, PROMOTED]],
    ['no Sentinel answers', [HEALTHY, [PROMOTED[0], []]]],
    [
      'it was elected again after the other primary',
      [HEALTHY, PROMOTED, [PROMOTED[0], announces('b', 2)], [PROMOTED[0], announces('a', 3)]],
    ],
    [
      'two primaries continue its history',
      [HEALTHY, [[primary('a'), promoted('b'), promoted('c', { replid: 'c' })], announces('a', 1)]],
    ],
  ])('an old primary does not count as replaced when %s', (_, snapshots) => {
    expect(successorOfA(...snapshots)).toBe(null)
  })
})

describe('PrimaryTracker.isBehind', () => {
  it.each<[string, boolean | null, Snapshot[]]>([
    ['is behind when no Sentinel has announced the promoted replica', true, [HEALTHY, PROMOTED]],
    [
      'is behind when other Sentinels have announced the promoted replica',
      true,
      [HEALTHY, [PROMOTED[0], [...announces('b', 2, ['sb']), ...announces('a', 1, ['sa'])]]],
    ],
    [
      'is behind when the old primary is back with a history of its own',
      true,
      [
        HEALTHY,
        PROMOTED,
        [[primary('a', { replid: 'newer' }), promoted('b'), replica('c', 'b')], announces('a', 1)],
      ],
    ],
    ['is not behind when nothing has happened', false, [HEALTHY]],
    ['is not behind when it has announced the promotion', false, [HEALTHY, [PROMOTED[0], announces('b', 2)]]],
    [
      'is not behind when it knows a newer primary',
      false,
      [HEALTHY, PROMOTED, [PROMOTED[0], announces('c', 3)]],
    ],
    [
      'is in an unknown state when it does not answer',
      null,
      [HEALTHY, [PROMOTED[0], announces('a', 1, ['sb', 'sc'])]],
    ],
  ])('a Sentinel %s', (_, expected, snapshots) => {
    expect(trackerAfter(...snapshots).isBehind('sa:26379')).toBe(expected)
  })

  it('the announcements of Sentinels count again when the chosen primary has not answered for half a minute', () => {
    const tracker = trackerAfter(HEALTHY, PROMOTED)
    const views = [primary('a', { replid: 'newer' })]
    const announcements = announces('a', 1)
    tracker.observe(views, announcements, 29_000)
    expect(tracker.isBehind('sa:26379')).toBe(true)
    tracker.observe(views, announcements, 31_000)
    tracker.observe(views, announcements, 31_200)
    expect(tracker.isBehind('sa:26379')).toBe(false)
  })
})

describe('PrimaryTracker.observe', () => {
  it('a view that was asked before an announcement arrived does not count as newer than it', () => {
    const tracker = trackerAfter(HEALTHY)
    const askedAt = (askedAtMs: number, views: View[]) => views.map((view) => ({ ...view, askedAtMs }))
    // Sentinel announces b in epoch 2, and then a late answer of b, from before its promotion, arrives.
    tracker.observe(askedAt(100, PROMOTED[0]), announces('b', 2), 110)
    tracker.observe(askedAt(105, [primary('a'), replica('b', 'a')]), announces('b', 2), 120)
    expect(tracker.replaced('a:6379')?.successor.address.host).toBe('b')
    tracker.observe(askedAt(130, [primary('a'), replica('b', 'a')]), announces('b', 2), 140)
    expect(tracker.replaced('a:6379')).toBe(null)
  })
})

describe('demoteReplacedPrimaries.decide', () => {
  const SENTINEL = sentinelAt('sa')
  const NO_ACTION: EndedAction[] = []

  /** The actions while a data centre goes through these snapshots, one per 300 ms. Each action succeeds unless `error` is set. */
  function actionsIn(
    own: { redis: NodeAddress[]; sentinels: NodeAddress[] },
    snapshots: Snapshot[],
    error: Error | null = null,
  ): Action[] {
    const decide = demoteReplacedPrimaries.start()
    let ended = NO_ACTION
    return snapshots.flatMap(([views, announcements], index) => {
      const observation = observe({
        nowMs: index * 300,
        own,
        views: structuredClone(views),
        announcements,
        ended,
      })
      const actions = decide(observation)
      ended = actions.map((action) => ({ action, error }))
      return actions
    })
  }

  it('the agent makes its own replaced Redis follow the successor, and no other Redis', () => {
    const snapshots = [HEALTHY, HEALTHY, PROMOTED]
    expect(actionsIn({ redis: [at('a')], sentinels: [] }, snapshots)).toEqual([
      { kind: 'repoint', replica: at('a'), promoted: at('b'), seenAtMs: 0 },
    ])
    expect(actionsIn({ redis: [at('c')], sentinels: [] }, snapshots)).toEqual([])
  })

  const periodsIn = (snapshots: Snapshot[], error: Error | null = null) =>
    actionsIn({ redis: [], sentinels: [SENTINEL] }, snapshots, error).map((action) =>
      action.kind === 'set periods' ? [action.seenAtMs, action.isLong ? 'long' : 'usual'] : action.kind,
    )

  it('the agent gives its Sentinel a long publish-period until the Sentinel knows the promotion', () => {
    const heard: Snapshot = [PROMOTED[0], announces('b', 2)]
    expect(periodsIn([HEALTHY, HEALTHY, PROMOTED, heard])).toEqual([
      [0, 'usual'],
      [600, 'long'],
      [900, 'usual'],
    ])
  })

  it('the agent sets the periods of its Sentinel again every two seconds, and at once when that has failed', () => {
    expect(periodsIn(Array(8).fill(HEALTHY))).toEqual([
      [0, 'usual'],
      [2100, 'usual'],
    ])
    expect(periodsIn(Array(3).fill(HEALTHY), new Error('no answer'))).toEqual([
      [0, 'usual'],
      [300, 'usual'],
      [600, 'usual'],
    ])
  })
})
