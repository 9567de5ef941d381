import { RedisReplyError } from '@holdfast/tokens'
import type { NodeAddress, Reply } from '@holdfast/tokens/redis'
import { expect, test } from 'vitest'
import { restartStuckSentinels, waitsForOldTime } from '../../src/watchdog/stuck-sentinel.ts'

const process = (lastPingReplyMs: number): Reply => ({ 'last-ping-reply': String(lastPingReplyMs) })

test.each([
  ['pings its processes', [process(0), process(999)], false],
  ['has not been answered for long', [process(60_000)], false],
  ['had its clock set back by less than a restart takes', [process(-4000)], false],
  ['has pinged one process at a time that has not come', [process(10), process(-2_400_000)], true],
])('the agent decides whether a Sentinel is stuck: one that %s', (_what, processes, expected) => {
  expect(waitsForOldTime(processes)).toBe(expected)
})

// INV-AGENT-18.
test('a Sentinel that is stuck on two looks is shut down, and one that does not answer is left alone', async () => {
  const own = ['stuck', 'silent'].map((host): NodeAddress => ({ host, port: 26_379 }))
  const stop = new AbortController()
  const shutDown: string[] = []
  await restartStuckSentinels(
    {
      own,
      primaryName: 'mymaster',
      sendToSentinel: async ({ host }, commands) => {
        if (host === 'silent') throw new Error('no answer')
        if (commands[0]?.[0] !== 'SHUTDOWN') return [process(-60_000), [], []]
        shutDown.push(host)
        stop.abort()
        throw new Error('The connection has ended.')
      },
      log: () => {},
    },
    stop.signal,
  ).catch(() => {})
  expect(shutDown).toEqual(['stuck'])
})

test('a refused shutdown is logged with its reason', async () => {
  const stop = new AbortController()
  const logged: unknown[] = []
  await restartStuckSentinels(
    {
      own: [{ host: 'stuck', port: 26_379 }],
      primaryName: 'mymaster',
      sendToSentinel: async (_sentinel, commands) => {
        if (commands[0]?.[0] !== 'SHUTDOWN') return [process(-60_000), [], []]
        throw new RedisReplyError('NOPERM this user has no permissions', 'NOPERM')
      },
      log: (event, { reason }) => {
        logged.push([event, reason])
        if (reason !== undefined) stop.abort()
      },
    },
    stop.signal,
  ).catch(() => {})
  expect(logged.at(-1)).toEqual(['the Sentinel refused to shut down', expect.stringContaining('NOPERM')])
})
