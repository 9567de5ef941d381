import { formatAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import { ClockGuard, type ClockSnapshot } from '../../src/watchdog/clock-guard.ts'

const at = (host: string) => ({ host, port: 6379 })
const [A, B, C] = ['a', 'b', 'c'].map((host) => formatAddress(at(host))) as [string, string, string]
const AHEAD_MS = 40 * 60_000

const view = (host: string, primary: string | null): NodeView => ({
  address: at(host),
  role: primary === null ? 'primary' : 'replica',
  replid: 'now',
  replid2: '0',
  offset: host === 'b' ? 1 : 2,
  replicas: [],
  primaryAddress: primary,
  linkUp: primary !== null,
})

interface Situation {
  /** The clocks of a (the agent's own Redis), b and c. Null: that Redis does not answer. */
  clocks: (number | null)[]
  priorities?: number[]
  planned?: number
  primary?: string
  failingOver?: boolean
  sentinels?: number
}

function lookAt(situation: Situation): ClockSnapshot {
  const { clocks, priorities = [100, 100, 100], planned = 100, primary = B, sentinels = 3 } = situation
  const addresses = [A, B, C]
  return {
    self: A,
    readings: addresses.flatMap((address, index) => {
      const aheadMs = clocks[index] ?? null
      return aheadMs === null ? [] : [{ address, aheadMs }]
    }),
    plannedNodes: 3,
    priorities: new Map(addresses.map((address, index) => [address, priorities[index] ?? 0])),
    plannedPriority: planned,
    views: ['a', 'b', 'c'].map((host) => view(host, formatAddress(at(host)) === primary ? null : primary)),
    plannedSentinels: 3,
    answers: Array.from({ length: sentinels }, (_, index) => ({
      sentinel: { host: `s${index}`, port: 26_379 },
      primary,
      configEpoch: 1,
      knownReplicas: 2,
      knownSentinels: 2,
      failingOver: situation.failingOver ?? false,
      findsItDown: false,
      downAfterMs: 1500,
      failoverTimeoutMs: 6000,
    })),
  }
}

/** Decides once a second for this long, and returns the last decision. */
function decideAfter(ms: number, situation: Situation): [priority: number | null, successor: string | null] {
  const guard = new ClockGuard()
  for (let nowMs = 0; nowMs < ms; nowMs += 1000) guard.decide(lookAt(situation), nowMs)
  const { priority, successor } = guard.decide(lookAt(situation), ms)
  return [priority, successor?.address.host ?? null]
}

describe('ClockGuard', () => {
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
})
