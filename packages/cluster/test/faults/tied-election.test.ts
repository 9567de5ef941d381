import { PRIMARY_NAME, RedisGroup, TEST_USERS } from '@holdfast/testing'
import { expect, it, onTestFinished } from 'vitest'
import type { HostConfig } from '../../src/host/config.ts'
import { watchHost } from '../../src/host/watch-host.ts'
import { readField } from '../../src/redis/lines.ts'
import { eventually } from '../support/data-centre.ts'

it('a Sentinel that names another Redis for good, in the epoch of the others, is brought round by a handover and back', {
  timeout: 60_000,
}, async () => {
  const group = await RedisGroup.start({ failoverTimeoutMs: 1000 })
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
  for (const [index, server] of group.redis.entries()) {
    const config: HostConfig = {
      dataCentre: 'lab',
      primaryName: PRIMARY_NAME,
      mark: 'x',
      self: server.address,
      sentinel: group.sentinels[index]?.address ?? null,
      redis: group.redis.map(({ address }) => address),
      sentinels: group.sentinels.map(({ address }) => address),
      downAfterMs: 1500,
      failoverTimeoutMs: 1000,
      stateFolder: '/nowhere',
      server: '/usr/bin/redis-server',
      tls: null,
      passwords: { redisAdmin: password, sentinelAdmin: password },
    }
    watchHost(config, { log: (event) => log.push(event), signal: leaving.signal }).catch(() => {})
  }
  await eventually(async () => expect(log).toContain('closed an abandoned election'), 40_000)
  await eventually(async () => expect(await named()).toEqual(Array(3).fill(primary.port)), 5000)
  await group.waitUntilWhole()
})
