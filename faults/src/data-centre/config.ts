import type { HostConfig } from '@holdfast/cluster/host'
import {
  addressOf,
  DATA_HOSTS,
  type DataHost,
  REDIS_PORT,
  SENTINEL_PLACES,
  SENTINEL_PORT,
  sentinelOf,
} from '../hosts/places.ts'
import { ADMIN, MARK, PRIMARY_NAME, REPLICA_LOGIN, SENTINEL_USERS } from './users.ts'

/** How quick Sentinel decides and looks (in milliseconds). */
export interface Timings {
  downAfterMs: number
  failoverTimeoutMs: number
  /** How often each Sentinel asks a node for INFO; stock is 10,000. */
  infoPeriodMs: number
  /** How often each Sentinel tells of itself; stock is 2000. */
  publishPeriodMs: number
  /** How often each Sentinel pings; stock is 1000. */
  pingPeriodMs: number
  /** How often each Sentinel asks the others whether they agree that a node is down; stock is 1000. */
  askPeriodMs: number
}

/** `fast`, with the periods that the product's watchdog gives a Sentinel. */
export const FAST: Timings = {
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  infoPeriodMs: 500,
  publishPeriodMs: 350,
  pingPeriodMs: 500,
  askPeriodMs: 250,
}

/** `fast`, with Sentinel's own periods. */
export const FAST_STOCK_PERIODS: Timings = {
  ...FAST,
  infoPeriodMs: 10_000,
  publishPeriodMs: 2000,
  pingPeriodMs: 1000,
  askPeriodMs: 1000,
}

/** The host that is primary at first. */
export const FIRST_PRIMARY: DataHost = 'a'

/** redis.conf of a host: as the product renders it, less the transport. */
export function renderRedisConf(host: DataHost, folder: string): string {
  const address = addressOf(host)
  const replicaOf = host === FIRST_PRIMARY ? '' : `replicaof ${addressOf(FIRST_PRIMARY)} ${REDIS_PORT}`
  return `bind ${address}
bind-source-addr ${address}
port ${REDIS_PORT}
databases 1
dir ${folder}
aclfile ${folder}/users.acl
${REPLICA_LOGIN}
${replicaOf}
replica-announce-ip ${address}
replica-announce-port ${REDIS_PORT}
min-replicas-to-write 1
min-replicas-max-lag 3
repl-timeout 10
repl-ping-replica-period 2
repl-backlog-size 64mb
client-output-buffer-limit replica 256mb 128mb 60
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-diskless-load disabled
appendonly yes
appendfsync everysec
no-appendfsync-on-rewrite no
save ""
maxmemory 256mb
maxmemory-policy noeviction
`
}

export function renderSentinelConf(host: DataHost, folder: string, timings: Timings): string {
  const address = addressOf(sentinelOf(host))
  return `bind ${address}
bind-source-addr ${address}
port ${SENTINEL_PORT}
dir ${folder}
${SENTINEL_USERS}
sentinel announce-ip ${address}
sentinel announce-port ${SENTINEL_PORT}
sentinel sentinel-user ${ADMIN.username}
sentinel sentinel-pass ${ADMIN.password}
sentinel monitor ${PRIMARY_NAME} ${addressOf(FIRST_PRIMARY)} ${REDIS_PORT} 2
sentinel auth-user ${PRIMARY_NAME} ${ADMIN.username}
sentinel auth-pass ${PRIMARY_NAME} ${ADMIN.password}
sentinel down-after-milliseconds ${PRIMARY_NAME} ${timings.downAfterMs}
sentinel failover-timeout ${PRIMARY_NAME} ${timings.failoverTimeoutMs}
sentinel parallel-syncs ${PRIMARY_NAME} 1
`
}

/** `host.json` of a host, for its watchdog. */
export function renderHostConfig(host: DataHost, folder: string, timings: Timings): string {
  const config: HostConfig = {
    dataCentre: 'campaign',
    primaryName: PRIMARY_NAME,
    mark: MARK,
    self: { host: addressOf(host), port: REDIS_PORT },
    sentinel: null,
    redis: DATA_HOSTS.map((other) => ({ host: addressOf(other), port: REDIS_PORT })),
    sentinels: SENTINEL_PLACES.map((place) => ({ host: addressOf(place), port: SENTINEL_PORT })),
    downAfterMs: timings.downAfterMs,
    failoverTimeoutMs: timings.failoverTimeoutMs,
    stateFolder: folder,
    tls: null,
    passwords: { redisAdmin: ADMIN.password, sentinelAdmin: ADMIN.password },
  }
  return JSON.stringify(config, null, 2)
}
