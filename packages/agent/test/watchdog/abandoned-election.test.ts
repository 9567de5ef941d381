import { formatAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import { closeAbandonedElections, promotionLimitMs } from '../../src/watchdog/rules/abandoned-election.ts'
import type { Action, EndedAction, Observation } from '../../src/watchdog/rules/rule.ts'
import {
  answerOf as answer,
  redisAt as at,
  observe,
  primaryOf,
  viewOf as view,
} from '../support/observation.ts'

const PRIMARY = primaryOf('a')

/** Host c is down, and epoch 4 is known, in which no primary is announced. */
const ABANDONED: Partial<Observation> = {
  own: { redis: [at('a')], sentinels: [] },
  answers: [answer('a'), answer('b')],
  newestEpoch: 4,
  views: [PRIMARY, view('b')],
}
const LIMIT_MS = 18_000

/** Observes once a second for this long, and returns the host of the replica to hand over to at the end. */
function dueAfter(ms: number, lookAt: (ms: number) => Partial<Observation>, everyMs = 1000): string | null {
  const decide = closeAbandonedElections.start()
  let actions: readonly Action[] = []
  for (let nowMs = 0; nowMs <= ms; nowMs += everyMs) actions = decide(observe({ ...lookAt(nowMs), nowMs }))
  const [action] = actions
  return action?.kind === 'close election' ? action.via.host : null
}

describe('closeAbandonedElections.decide', () => {
  it('an abandoned election is closed once it has lasted as long as a Sentinel may lead a failover', () => {
    expect(promotionLimitMs(6000)).toBe(LIMIT_MS)
    expect(promotionLimitMs(30_000)).toBe(70_000)
    expect(dueAfter(LIMIT_MS - 1000, () => ABANDONED)).toBeNull()
    expect(dueAfter(LIMIT_MS, () => ABANDONED)).toBe('b')
  })

  it.each<[string, Partial<Observation>]>([
    ['every Sentinel answers', { answers: ['a', 'b', 'c'].map((host) => answer(host)) }],
    ['a Sentinel leads a failover', { answers: [answer('a'), answer('b', { failingOver: true })] }],
    ['a Sentinel marks the primary as down', { answers: [answer('a'), answer('b', { findsItDown: true })] }],
    ['a Sentinel names another primary', { answers: [answer('a'), answer('b', { primary: 'b:6379' })] }],
    ['only one Sentinel answers', { answers: [answer('a')] }],
    ['no newer epoch is known', { newestEpoch: 3 }],
    ['a Sentinel announces that epoch', { answers: [answer('a'), answer('b', { configEpoch: 4 })] }],
    ['no Redis is primary', { views: [view('b')] }],
    ['two Redis are primary', { views: [PRIMARY, primaryOf('b')] }],
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

  it('the waiting time starts again when this process itself was paused', () => {
    expect(dueAfter(4 * LIMIT_MS, () => ABANDONED, LIMIT_MS)).toBeNull()
  })

  it('the detour goes via the most complete replica', () => {
    const views = [PRIMARY, view('b'), view('c', { offset: 2 })]
    expect(dueAfter(LIMIT_MS, () => ({ ...ABANDONED, views }))).toBe('c')
  })

  it('only the agent beside the primary acts', () => {
    const own = { redis: [at('b')], sentinels: [] }
    expect(dueAfter(LIMIT_MS, () => ({ ...ABANDONED, own }))).toBeNull()
  })

  it('a failed attempt is repeated after a pause that grows, and the election is left alone during an attempt', () => {
    const decide = closeAbandonedElections.start()
    let running: Action[] = []
    let ended: EndedAction[] = []
    const startsAtMs: number[] = []
    for (let nowMs = 0; nowMs <= LIMIT_MS + 30_000; nowMs += 500) {
      const actions = decide(observe({ ...ABANDONED, nowMs, running, ended }))
      if (actions.length > 0) startsAtMs.push(nowMs)
      ended = running.map((action) => ({ action, error: new Error('no Sentinel starts the failover') }))
      running = [...actions]
    }
    // Each attempt takes a second. The pauses are 2.5 s, 5 s and 10 s, half of the full ones.
    expect(startsAtMs).toEqual([18_000, 21_500, 27_500, 38_500])
  })
})
