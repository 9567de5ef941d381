import { PRIMARY_NAME, type RedisGroup, TEST_USERS } from '@holdfast/testing'
import type { HostConfig } from '../../src/host/config.ts'

/** The configuration of the agent beside one Redis of a test's group and the Sentinel of the same number. */
export function agentConfig(group: RedisGroup, index: number, failoverTimeoutMs: number): HostConfig {
  const self = group.redis[index]?.address
  if (self === undefined) throw new Error(`There is no Redis ${index}.`)
  const { password } = TEST_USERS.admin
  return {
    dataCentre: 'lab',
    primaryName: PRIMARY_NAME,
    mark: 'x',
    self,
    sentinel: group.sentinels[index]?.address ?? null,
    redis: group.redis.map(({ address }) => address),
    sentinels: group.sentinels.map(({ address }) => address),
    downAfterMs: 1500,
    failoverTimeoutMs,
    stateFolder: '/nowhere',
    server: '/usr/bin/redis-server',
    tls: null,
    passwords: { redisAdmin: password, sentinelAdmin: password },
  }
}
