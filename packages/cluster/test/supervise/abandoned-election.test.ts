import { formatAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import {
  AbandonedElection,
  type ElectionLook,
  promotionLimitMs,
} from '../../src/supervise/abandoned-election.ts'

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

/** Host c is away, and epoch 4 is known, in which no Redis is announced. */
const ABANDONED: ElectionLook = {
  plannedSentinels: 3,
  answers: [answer('a'), answer('b')],
  newestEpoch: 4,
  views: [PRIMARY, view('b')],
}
const LIMIT_MS = 18_000

/** Looks once a second for so long, and answers the host of the replica to hand over to. */
function dueAfter(ms: number, lookAt: (ms: number) => ElectionLook, everyMs = 1000): string | null {
  const election = new AbandonedElection(LIMIT_MS)
  for (let nowMs = 0; nowMs <= ms; nowMs += everyMs) election.note(lookAt(nowMs), nowMs)
  return election.due(ms)?.by.address.host ?? null
}

describe('an abandoned election', () => {
  it('is closed when it has stood for as long as Sentinel may lead a failover', () => {
    expect(promotionLimitMs(6000)).toBe(LIMIT_MS)
    expect(promotionLimitMs(30_000)).toBe(70_000)
    expect(dueAfter(LIMIT_MS - 1000, () => ABANDONED)).toBeNull()
    expect(dueAfter(LIMIT_MS, () => ABANDONED)).toBe('b')
  })

  it.each<[string, Partial<ElectionLook>]>([
    ['every Sentinel answers', { answers: ['a', 'b', 'c'].map((host) => answer(host)) }],
    ['a Sentinel leads a failover', { answers: [answer('a'), answer('b', { failingOver: true })] }],
    ['a Sentinel finds the primary down', { answers: [answer('a'), answer('b', { findsItDown: true })] }],
    ['a Sentinel names another primary', { answers: [answer('a'), answer('b', { primary: 'b:6379' })] }],
    ['only one Sentinel answers', { answers: [answer('a')] }],
    ['no newer epoch was heard', { newestEpoch: 3 }],
    ['a Sentinel announces that epoch', { answers: [answer('a'), answer('b', { configEpoch: 4 })] }],
    ['no Redis is primary', { views: [view('b')] }],
    ['two Redis are primary', { views: [PRIMARY, view('b', { role: 'primary' })] }],
    ['no replica is linked', { views: [PRIMARY, view('b', { linkUp: false })] }],
    ['the replica has another history', { views: [PRIMARY, view('b', { replid: 'other' })] }],
  ])('is left alone while %s', (_when, more) => {
    expect(dueAfter(LIMIT_MS, () => ({ ...ABANDONED, ...more }))).toBeNull()
  })

  it('is closed when a Sentinel names another Redis in the epoch of the others, and finds that one down', () => {
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

  it('begins again to count when every Sentinel has answered once', () => {
    const answers = ['a', 'b', 'c'].map((host) => answer(host))
    const look = (ms: number) => (ms === 5000 ? { ...ABANDONED, answers } : ABANDONED)
    expect(dueAfter(LIMIT_MS, look)).toBeNull()
    expect(dueAfter(LIMIT_MS + 6000, look)).toBe('b')
  })

  it('begins again to count when the process that looks stood still itself', () => {
    expect(dueAfter(4 * LIMIT_MS, () => ABANDONED, LIMIT_MS)).toBeNull()
  })

  it('is closed by the replica that has most', () => {
    const views = [PRIMARY, view('b'), view('c', { offset: 2 })]
    expect(dueAfter(LIMIT_MS, () => ({ ...ABANDONED, views }))).toBe('c')
  })
})
