import { formatAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import { guardClocks } from '../../src/watchdog/rules/clock-guard.ts'
import type { Action, EndedAction, Observation } from '../../src/watchdog/rules/rule.ts'
import { answerOf, redisAt as at, observe, primaryOf, viewOf } from '../support/observation.ts'

const [A, B] = ['a', 'b'].map((host) => formatAddress(at(host))) as [string, string]
const AHEAD_MS = 40 * 60_000

const view = (host: string, primary: string) => {
  const offset = host === 'b' ? 1 : 2
  return formatAddress(at(host)) === primary
    ? primaryOf(host, { offset })
    : viewOf(host, { offset, primaryAddress: primary })
}

interface Situation {
  /** The clocks of a (the agent's own Redis), b and c. Null: that Redis does not answer. */
  clocks: (number | null)[]
  priorities?: number[]
  planned?: number
  primary?: string
  failingOver?: boolean
  sentinels?: number
}

function lookAt(situation: Situation): Partial<Observation> {
  const { clocks, priorities = [100, 100, 100], primary = B, sentinels = 3 } = situation
  return {
    own: { redis: [at('a')], sentinels: [] },
    clocks: ['a', 'b', 'c'].flatMap((host, index) => {
      const aheadMs = clocks[index] ?? null
      const priority = priorities[index] ?? 0
      const redis = at(host)
      return aheadMs === null
        ? []
        : [{ redis, address: formatAddress(redis), aheadMs, priority, askedAtMs: 0 }]
    }),
    views: ['a', 'b', 'c'].map((host) => view(host, primary)),
    answers: Array.from({ length: sentinels }, (_, index) =>
      answerOf(`s${index}`, { primary, failingOver: situation.failingOver ?? false }),
    ),
  }
}

/** Decides once a second for this long, and returns the last decision. */
function decideAfter(ms: number, situation: Situation): [priority: number | null, successor: string | null] {
  const decide = guardClocks(situation.planned ?? 100).start()
  let actions: readonly Action[] = []
  for (let nowMs = 0; nowMs <= ms; nowMs += 1000) actions = decide(observe({ ...lookAt(situation), nowMs }))
  const priorities = actions.flatMap((action) => (action.kind === 'set priority' ? action.priority : []))
  const successors = actions.flatMap((action) => (action.kind === 'leave wrong clock' ? action.to.host : []))
  return [priorities[0] ?? null, successors[0] ?? null]
}

describe('guardClocks.decide', () => {
  it.each<[string, number, Situation, (number | string | null)[]]>([
    ['is wrong immediately gets priority 0', 0, { clocks: [AHEAD_MS, 0, 0] }, [0, null]],
    ['is behind gets priority 0', 0, { clocks: [-AHEAD_MS, 0, 0] }, [0, null]],
    [
      'is wrong does not get priority 0 twice',
      0,
      { clocks: [AHEAD_MS, 0, 0], priorities: [0, 100, 100] },
      [null, null],
    ],
    ['is right is left alone', 60_000, { clocks: [0, 0, AHEAD_MS] }, [null, null]],
    [
      'has been right for 9 s does not get its planned priority back',
      9000,
      { clocks: [0, 0, 0], priorities: [0, 100, 100] },
      [null, null],
    ],
    [
      'has been right for 10 s gets its planned priority back',
      10_000,
      { clocks: [0, 0, 0], priorities: [0, 100, 100], planned: 50 },
      [50, null],
    ],
    [
      'is right keeps a planned priority of 0',
      10_000,
      { clocks: [0, 0, 0], priorities: [0, 100, 100], planned: 0 },
      [null, null],
    ],
    [
      'is wrong stays promotable when no other Redis is',
      0,
      { clocks: [AHEAD_MS, 0, 0], priorities: [100, 0, 0] },
      [null, null],
    ],
    ['agrees with no other clock is left alone', 60_000, { clocks: [AHEAD_MS, 0, -AHEAD_MS] }, [null, null]],
    [
      'cannot be compared with a majority is left alone',
      60_000,
      { clocks: [AHEAD_MS, null, null] },
      [null, null],
    ],
  ])('a Redis whose clock %s', (_what, ms, situation, decision) => {
    expect(decideAfter(ms, situation)).toEqual(decision)
  })

  it.each<[string, number, Partial<Situation>, string | null]>([
    ['is wrong only for a moment stays the primary', 4000, {}, null],
    ['stays wrong hands over to the most complete replica', 5000, {}, 'c'],
    [
      'stays wrong stays the primary while only one other clock is known',
      5000,
      { clocks: [AHEAD_MS, 0, null] },
      null,
    ],
    ['stays wrong hands over to a promotable replica', 5000, { priorities: [100, 100, 0] }, 'b'],
    ['stays wrong stays the primary while a failover is under way', 5000, { failingOver: true }, null],
    [
      'stays wrong stays the primary while no majority of the Sentinels answers',
      5000,
      { sentinels: 1 },
      null,
    ],
  ])('a primary whose clock %s', (_what, ms, more, successor) => {
    const situation = { clocks: [AHEAD_MS, 0, 0], primary: A, ...more }
    expect(decideAfter(ms, situation)[1]).toBe(successor)
  })

  it('a primary tries the next handover half a minute after one that failed', () => {
    const decide = guardClocks(100).start()
    const situation = lookAt({ clocks: [AHEAD_MS, 0, 0], priorities: [0, 100, 100], primary: A })
    let ended: EndedAction[] = []
    const startsAtMs: number[] = []
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 1000) {
      const actions = decide(observe({ ...situation, nowMs, ended, random: 0.5 }))
      if (actions.length > 0) startsAtMs.push(nowMs)
      ended = actions.map((action) => ({ action, error: new Error('busy') }))
    }
    expect(startsAtMs).toEqual([5000, 36_000])
  })
})
