import { PRIMARY_NAME, RedisGroup, TEST_USERS } from '@holdfast/testing'
import { expect, it, onTestFinished } from 'vitest'
import { watchHost } from '../../src/host/watch-host.ts'
import { readField } from '../../src/redis/lines.ts'
import { agentConfig } from '../support/agent-config.ts'
import { eventually } from '../support/data-centre.ts'

/** Short, so that the disagreement counts as lasting after 3 s. */
const FAILOVER_TIMEOUT_MS = 1000

// INV-AGENT-15.
it('a Sentinel that names another Redis for good, in the epoch of the others, is brought round by a handover and back', {
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
    throw new Error('There is none.')
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
  await group.waitUntilWhole()
})
