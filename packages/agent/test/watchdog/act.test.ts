import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress, Reply } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import { Actor } from '../../src/watchdog/act.ts'
import { askForFailover } from '../../src/watchdog/rules/ask-for-failover.ts'
import type { Action } from '../../src/watchdog/rules/rule.ts'
import { observe, playedGroup, redisAt, sentinelAt } from '../support/observation.ts'

const SIGNAL = new AbortController().signal
const repoint = (seenAtMs: number): Action => ({
  kind: 'repoint',
  replica: redisAt('c'),
  promoted: redisAt('b'),
  seenAtMs,
})

/** An actor whose Redis and Sentinels answer when the test says so. */
function actor() {
  const sent: string[] = []
  const waiting: ((reply: Reply) => void)[] = []
  const send = ({ host }: NodeAddress, command: readonly string[]): Promise<Reply> => {
    sent.push(`${host}: ${command.join(' ')}`)
    return new Promise((resolve) => waiting.push(resolve))
  }
  const group = playedGroup({}, { node: send, sentinel: send })
  const acting = new Actor({ group, log: () => {}, onEnd: () => {} })
  const answer = async () => {
    for (const resolve of waiting.splice(0)) resolve('OK')
    await sleep(1)
  }
  return { acting, sent, answer }
}

it('an action is not started again while it runs, nor for an answer from before its end', async () => {
  const { acting, sent, answer } = actor()
  const beganAtMs = performance.now()
  acting.start(repoint(beganAtMs), SIGNAL)
  acting.start(repoint(beganAtMs), SIGNAL)
  await sleep(1)
  expect(acting.running).toHaveLength(1)
  await answer()
  acting.start(repoint(beganAtMs), SIGNAL)
  await sleep(1)
  expect(sent).toEqual(['c: REPLICAOF b 6379'])
  acting.start(repoint(performance.now()), SIGNAL)
  await sleep(1)
  expect(sent).toHaveLength(2)
})

it('actions on different subjects run at the same time', async () => {
  const { acting, sent } = actor()
  acting.start(repoint(0), SIGNAL)
  acting.start({ kind: 'redial', replica: redisAt('c'), primary: redisAt('b'), seenAtMs: 0 }, SIGNAL)
  await sleep(1)
  expect(sent).toEqual(['c: REPLICAOF b 6379', 'c: CLIENT KILL TYPE master'])
})

it('a short failover-timeout is not restored while the vote is being repeated with it', async () => {
  const { acting, sent } = actor()
  acting.start({ kind: 'repeat vote', sentinel: sentinelAt('sb'), seenAtMs: 0 }, SIGNAL)
  acting.start({ kind: 'restore failover-timeout', sentinel: sentinelAt('sb'), seenAtMs: 0 }, SIGNAL)
  await sleep(1)
  expect(sent).not.toContainEqual(expect.stringContaining('failover-timeout'))
})

it('the end of an action is reported once', async () => {
  const { acting, answer } = actor()
  acting.start(repoint(0), SIGNAL)
  await sleep(1)
  await answer()
  expect(acting.takeEnded()).toEqual([{ action: repoint(0), error: null }])
  expect(acting.takeEnded()).toEqual([])
})

it('the end of the own Redis process asks for a failover', () => {
  const rule = askForFailover(7500)
  expect(rule.decide(observe(), null).actions).toEqual([])
  const exits = [{ redis: redisAt('a'), endedAtMs: 5 }]
  expect(rule.decide(observe({ nowMs: 6, exits }), null).actions).toEqual([
    { kind: 'fail over', dead: redisAt('a'), limitMs: 7500, seenAtMs: 5 },
  ])
})
