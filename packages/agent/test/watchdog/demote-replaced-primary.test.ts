import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { Announcement } from '../../src/redis/sentinels.ts'
import { demoteReplacedPrimaries } from '../../src/watchdog/demote-replaced-primary.ts'
import { PrimaryTracker } from '../../src/watchdog/primary-tracker.ts'
import { LONG_PUBLISH_PERIOD_COMMAND, PERIODS_COMMAND } from '../../src/watchdog/sentinel-settings.ts'

const at = (host: string): NodeAddress => ({ host, port: 6379 })

const primary = (host: string, more: Partial<NodeView> = {}): NodeView => ({
  address: at(host),
  role: 'primary',
  replid: 'old',
  replid2: '0',
  offset: 1,
  replicas: [],
  primaryAddress: null,
  linkUp: false,
  ...more,
})
const promoted = (host: string, more: Partial<NodeView> = {}): NodeView =>
  primary(host, { replid: 'new', replid2: 'old', ...more })
const replica = (host: string, of: string): NodeView =>
  primary(host, { role: 'replica', primaryAddress: formatAddress(at(of)), linkUp: true })

const announces = (host: string, configEpoch: number, sentinels = ['sa', 'sb', 'sc']): Announcement[] =>
  sentinels.map((sentinel) => ({
    sentinel: { host: sentinel, port: 26_379 },
    primaryAddress: formatAddress(at(host)),
    configEpoch,
    downAfterMs: 1500,
    failoverTimeoutMs: 6000,
  }))

type Snapshot = [NodeView[], Announcement[]]
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
    const [views, announcements] = [[primary('a', { replid: 'newer' })], announces('a', 1)]
    tracker.observe(views, announcements, 29_000)
    expect(tracker.isBehind('sa:26379')).toBe(true)
    tracker.observe(views, announcements, 31_000)
    tracker.observe(views, announcements, 31_200)
    expect(tracker.isBehind('sa:26379')).toBe(false)
  })
})

describe('demoteReplacedPrimaries', () => {
  const SENTINEL = { host: 'sa', port: 26_379 }

  /** The commands sent while a data centre goes through these snapshots, for one second. */
  async function commandsSentIn(
    own: { redis: NodeAddress[]; sentinels: NodeAddress[] },
    snapshots: Snapshot[],
  ): Promise<string[]> {
    const sent: string[] = []
    const note = async ({ host }: NodeAddress, command: string[]) => {
      const line = `${host}: ${command.join(' ')}`
      if (sent.at(-1) !== line) sent.push(line)
    }
    let at = 0
    const options = {
      own,
      views: async () => structuredClone((snapshots[at] ?? snapshots.at(-1) ?? HEALTHY)[0]),
      announcements: async () => (snapshots[at++] ?? snapshots.at(-1) ?? HEALTHY)[1],
      sendToNode: note,
      sendToSentinel: note,
      log: () => {},
    }
    await demoteReplacedPrimaries(options, AbortSignal.timeout(1000)).catch(() => {})
    return sent
  }

  it('the agent makes its own replaced Redis follow the successor, and no other Redis', async () => {
    const snapshots = [HEALTHY, HEALTHY, PROMOTED]
    expect(await commandsSentIn({ redis: [at('a')], sentinels: [] }, snapshots)).toEqual([
      'a: REPLICAOF b 6379',
    ])
    expect(await commandsSentIn({ redis: [at('c')], sentinels: [] }, snapshots)).toEqual([])
  })

  it('the agent gives its Sentinel a long publish-period until the Sentinel knows the promotion', async () => {
    const heard: Snapshot = [PROMOTED[0], announces('b', 2)]
    expect(
      await commandsSentIn({ redis: [], sentinels: [SENTINEL] }, [HEALTHY, HEALTHY, PROMOTED, heard]),
    ).toEqual([
      `sa: ${PERIODS_COMMAND.join(' ')}`,
      `sa: ${LONG_PUBLISH_PERIOD_COMMAND.join(' ')}`,
      `sa: ${PERIODS_COMMAND.join(' ')}`,
    ])
  })
})
