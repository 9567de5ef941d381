import { CommandTimeoutError, ConnectionFailedError, RedisReplyError } from '@holdfast/tokens'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import { requestFailover } from '../../src/watchdog/request-failover.ts'

const SENTINELS = ['a', 'b'].map((host) => ({ host, port: 26379 }))

/** The Sentinels that a request asks, and its outcome, when the first Sentinel fails with this error. */
async function after(error: Error) {
  const asked: string[] = []
  const sendToSentinel = async ({ host }: NodeAddress) => {
    asked.push(host)
    if (host === 'a') throw error
    return 'OK'
  }
  const { outcome } = await requestFailover(SENTINELS, {
    primaryName: 'mymaster',
    sendToSentinel,
    log: () => {},
  })
  return { asked, outcome }
}

it.each<[string, Error, string[], string]>([
  ['has no good replica', new RedisReplyError('NOGOODSLAVE', 'NOGOODSLAVE'), ['a', 'b'], 'accepted'],
  ['cannot be reached', new ConnectionFailedError('refused'), ['a', 'b'], 'accepted'],
  ['already leads a failover', new RedisReplyError('INPROG', 'INPROG'), ['a'], 'maybe under way'],
  ['does not answer in time', new CommandTimeoutError('late'), ['a'], 'maybe under way'],
])('when the first Sentinel %s, the outcome is right', async (_when, error, asked, outcome) => {
  expect(await after(error)).toEqual({ asked, outcome })
})
