import { RedisReplyError } from '@holdfast/tokens'
import type { NodeAddress, Reply } from '@holdfast/tokens/redis'
import { expect, test } from 'vitest'
import { restartStuckSentinels, waitsForOldTime } from '../../src/watchdog/rules/stuck-sentinel.ts'
import { watchGroup } from '../../src/watchdog/watch-group.ts'
import { observe, playedGroup, sentinelAt } from '../support/observation.ts'

const process = (lastPingReplyMs: number): Reply => ({ 'last-ping-reply': String(lastPingReplyMs) })

test.each([
  ['pings its processes', [process(0), process(999)], false],
  ['has not been answered for long', [process(60_000)], false],
  ['had its clock set back by less than a restart takes', [process(-4000)], false],
  ['has pinged one process at a time that has not come', [process(10), process(-2_400_000)], true],
])('the agent decides whether a Sentinel is stuck: one that %s', (_what, processes, expected) => {
  expect(waitsForOldTime(processes)).toBe(expected)
})

/** The times, in seconds, at which the Sentinel is restarted that is asked once a second; null: it does not answer. */
function restartsWhen(isStuckAt: (second: number) => boolean | null, seconds: number): number[] {
  const decide = restartStuckSentinels.start()
  const own = { redis: [], sentinels: [sentinelAt('sa')] }
  return Array.from({ length: seconds }, (_, second) => second).filter((second) => {
    const waitsForOldTime = isStuckAt(second)
    const askedAtMs = second * 1000
    const pings = waitsForOldTime === null ? [] : [{ sentinel: sentinelAt('sa'), waitsForOldTime, askedAtMs }]
    // Between two answers the loop decides many times.
    return [0, 100, 900].flatMap((ms) => decide(observe({ nowMs: askedAtMs + ms, own, pings }))).length > 0
  })
}

// INV-AGENT-18.
test.each<[string, (second: number) => boolean | null, number[]]>([
  ['is stuck on one look', (second) => second === 3, []],
  ['is stuck on two looks in a row', (second) => second === 3 || second === 4, [4]],
  ['is stuck on every other look', (second) => second % 2 === 0, []],
  [
    'does not answer between the two looks',
    (second) => (second === 4 ? null : second === 3 || second === 5),
    [],
  ],
  ['does not answer', () => null, []],
  ['stays stuck is restarted at most every 30 s', () => true, [1, 32]],
])('a Sentinel that %s', (_what, isStuckAt, restarts) => {
  expect(restartsWhen(isStuckAt, 45)).toEqual(restarts)
})

test('a Sentinel that is stuck on two looks is shut down, and one that does not answer is left alone', async () => {
  const sentinels = ['stuck', 'silent'].map(sentinelAt)
  const stop = new AbortController()
  const shutDown: string[] = []
  const sentinel = ({ host }: NodeAddress, command: readonly string[]): Reply => {
    if (host === 'silent') throw new Error('no answer')
    if (command[0] !== 'SHUTDOWN') return command[1] === 'MASTER' ? process(-60_000) : []
    shutDown.push(host)
    stop.abort()
    throw new Error('The connection has ended.')
  }
  await watch(sentinels, sentinel, () => {}, stop.signal)
  expect(shutDown).toEqual(['stuck'])
})

test('a refused shutdown is logged with its reason', async () => {
  const stop = new AbortController()
  const logged: unknown[] = []
  const sentinel = (_sentinel: NodeAddress, command: readonly string[]): Reply => {
    if (command[0] !== 'SHUTDOWN') return command[1] === 'MASTER' ? process(-60_000) : []
    throw new RedisReplyError('NOPERM this user has no permissions', 'NOPERM')
  }
  const log = (event: string, { reason }: Record<string, unknown>) => {
    logged.push([event, reason])
    if (reason !== undefined) stop.abort()
  }
  await watch([sentinelAt('stuck')], sentinel, log, stop.signal)
  expect(logged.at(-1)).toEqual(['the Sentinel refused to shut down', expect.stringContaining('NOPERM')])
})

function watch(
  sentinels: NodeAddress[],
  sentinel: (sentinel: NodeAddress, command: readonly string[]) => Reply,
  log: (event: string, details: Record<string, unknown>) => void,
  signal: AbortSignal,
): Promise<unknown> {
  const group = playedGroup({ redis: [], sentinels }, { sentinel })
  const own = { redis: [], sentinels }
  return watchGroup({ group, own, rules: [restartStuckSentinels], log }, signal).catch(() => {})
}
