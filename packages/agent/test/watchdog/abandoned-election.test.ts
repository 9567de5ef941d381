import { formatAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import {
  AbandonedElection,
  type ElectionSnapshot,
  promotionLimitMs,
} from '../../src/watchdog/abandoned-election.ts'

const at = (host: string) => ({ host, port: 6379 })
const answer = (host: string, more: Partial<SentinelAnswer> = {}): SentinelAnswer => ({
  sentinel: { host, port: 26_379 },
  primary: formatAddress(at('a')),
  configEpoch: 3,
  knownReplicas: 2,
  knownSentinels: 2,
  failingOver: false,
  findsItDown: false,
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  ...more,
})
const view = (host: string, more: Partial<NodeView> = {}): NodeView => ({
  address: at(host),
  role: 'replica',
  replid: 'now',
  replid2: '0',
  offset: 1,
  replicas: [],
  primaryAddress: formatAddress(at('a')),
  linkUp: true,
  ...more,
})
const PRIMARY = view('a', { role: 'primary', primaryAddress: null, linkUp: false })

/** Host c is down, and epoch 4 is known, in which no primary is announced. */
const ABANDONED: ElectionSnapshot = {
  plannedSentinels: 3,
  answers: [answer('a'), answer('b')],
  newestEpoch: 4,
  views: [PRIMARY, view('b')],
}
const LIMIT_MS = 18_000

/** Observes once a second for this long, and returns the host of the replica to hand over to. */
function dueAfter(ms: number, lookAt: (ms: number) => ElectionSnapshot, everyMs = 1000): string | null {
  const election = new AbandonedElection(LIMIT_MS)
  for (let nowMs = 0; nowMs <= ms; nowMs += everyMs) election.observe(lookAt(nowMs), nowMs)
  return election.due(ms)?.via.address.host ?? null
}

describe('AbandonedElection', () => {
  it('an abandoned election is closed once it has lasted as long as a Sentinel may lead a failover', () => {
    expect(promotionLimitMs(6000)).toBe(LIMIT_MS)
    expect(promotionLimitMs(30_000)).toBe(70_000)
    expect(dueAfter(LIMIT_MS - 1000, () => ABANDONED)).toBeNull()
    expect(dueAfter(LIMIT_MS, () => ABANDONED)).toBe('b')
  })

  it.each<[string, Partial<ElectionSnapshot>]>([
    ['every Sentinel answers', { answers: ['a', 'b', 'c'].map((host) => answer(host)) }],
    ['a Sentinel leads a failover', { answers: [answer('a'), answer('b', { failingOver: true })] }],
    ['a Sentinel marks the primary as down', { answers: [answer('a'), answer('b', { findsItDown: true })] }],
    ['a Sentinel names another primary', { answers: [answer('a'), answer('b', { primary: 'b:6379' })] }],
    ['only one Sentinel answers', { answers: [answer('a')] }],
    ['no newer epoch is known', { newestEpoch: 3 }],
    ['a Sentinel announces that epoch', { answers: [answer('a'), answer('b', { configEpoch: 4 })] }],
    ['no Redis is primary', { views: [view('b')] }],
    ['two Redis are primary', { views: [PRIMARY, view('b', { role: 'primary' })] }],
    ['no replica has a link to the primary', { views: [PRIMARY, view('b', { linkUp: false })] }],
    ['the replica has another history', { views: [PRIMARY, view('b', { replid: 'other' })] }],
  ])('the election is left alone while %s', (_when, more) => {
    expect(dueAfter(LIMIT_MS, () => ({ ...ABANDONED, ...more }))).toBeNull()
  })

  it('an election is closed when a Sentinel names another Redis in the same epoch and marks it as down', () => {
    const answers = [
      answer('a'),
      answer('b'),
      answer('c', { primary: formatAddress(at('c')), findsItDown: true }),
    ]
    const look = { ...ABANDONED, answers, newestEpoch: 3 }
    expect(dueAfter(LIMIT_MS - 1000, () => look)).toBeNull()
    expect(dueAfter(LIMIT_MS, () => look)).toBe('b')
    const older = [...answers.slice(0, 2), answer('c', { primary: formatAddress(at('c')), configEpoch: 2 })]
    expect(dueAfter(LIMIT_MS, () => ({ ...look, answers: older }))).toBeNull()
  })

  it('the waiting time starts again when every Sentinel has answered once', () => {
    const answers = ['a', 'b', 'c'].map((host) => answer(host))
    const look = (ms: number) => (ms === 5000 ? { ...ABANDONED, answers } : ABANDONED)
    expect(dueAfter(LIMIT_MS, look)).toBeNull()
    expect(dueAfter(LIMIT_MS + 6000, look)).toBe('b')
  })

  it('the waiting time starts again when this process itself stood still', () => {
    expect(dueAfter(4 * LIMIT_MS, () => ABANDONED, LIMIT_MS)).toBeNull()
  })

  it('the detour goes via the most complete replica', () => {
    const views = [PRIMARY, view('b'), view('c', { offset: 2 })]
    expect(dueAfter(LIMIT_MS, () => ({ ...ABANDONED, views }))).toBe('c')
  })
})
