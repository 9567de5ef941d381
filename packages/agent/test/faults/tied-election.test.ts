import { PRIMARY_NAME, RedisGroup, TEST_USERS } from '@holdfast/testing'
import { eventually } from '@holdfast/testing/local/data-centre'
import { expect, it, onTestFinished } from 'vitest'
import { readField } from '../../src/redis/replies.ts'
import { watchHost } from '../../src/watchdog/watch-host.ts'
import { agentConfig } from '../support/agent-config.ts'

/** A short timeout, with which the disagreement counts as permanent after 3 s. */
const FAILOVER_TIMEOUT_MS = 1000

// INV-AGENT-15.
it('the agent corrects a Sentinel that permanently names another Redis in the same epoch, by a handover and back', {
  timeout: 60_000,
}, async () => {
  const group = await RedisGroup.start({ failoverTimeoutMs: FAILOVER_TIMEOUT_MS })
  const leaving = new AbortController()
  onTestFinished(async () => {
    leaving.abort()
    await group.stop()
  })
  const [primary, replica] = group.redis
  const [, , astray] = group.sentinels
  if (primary === undefined || replica === undefined || astray === undefined)
    throw new Error('The group has too few servers.')
  const named = async () => {
    const ask = (server: typeof astray) => group.run(server, 'SENTINEL', 'MASTER', PRIMARY_NAME)
    return (await Promise.all(group.sentinels.map(ask))).map((reply) => Number(readField(reply, 'port')))
  }
  const { username, password } = TEST_USERS.admin
  const place = [replica.address.host, String(replica.port)]
  await group.run(astray, 'SENTINEL', 'REMOVE', PRIMARY_NAME)
  await group.run(astray, 'SENTINEL', 'MONITOR', PRIMARY_NAME, ...place, '2')
  await group.run(astray, 'SENTINEL', 'SET', PRIMARY_NAME, 'auth-user', username, 'auth-pass', password)
  expect(await named()).toEqual([primary.port, primary.port, replica.port])

  const log: string[] = []
  for (const index of group.redis.keys()) {
    const config = agentConfig(group, index, FAILOVER_TIMEOUT_MS)
    watchHost(config, { log: (event) => log.push(event), signal: leaving.signal }).catch(() => {})
  }
  await eventually(async () => expect(log).toContain('closed an abandoned election'), 40_000)
  await eventually(async () => expect(await named()).toEqual(Array(3).fill(primary.port)), 5000)
  await group.untilHealthy()
})
