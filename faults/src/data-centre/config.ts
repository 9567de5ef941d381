import type { HostConfig } from '@holdfast/agent/host/config'
import { SENTINEL_PERIODS } from '@holdfast/agent/watchdog/sentinel-settings'
import { renderSentinelUsers, renderUsersAcl } from '@holdfast/site/render/users-acl'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { defaultPlan } from '@holdfast/site/topology/place'
import {
  addressOf,
  CONTROL_ADDRESS,
  DATA_HOSTS,
  type DataHost,
  MAJORITY,
  REDIS_PORT,
  SENTINEL_PLACES,
  SENTINEL_PORT,
  sentinelOf,
} from '../hosts/places.ts'
import { CAMPAIGN, DATA_CENTRE, PRIMARY_NAME } from './names.ts'

/** The periods and time limits of Sentinel (in milliseconds). */
export interface Timings {
  downAfterMs: number
  failoverTimeoutMs: number
  /** How often each Sentinel sends INFO to a node; stock is 10,000. */
  infoPeriodMs: number
  /** How often each Sentinel publishes its greeting; stock is 2000. */
  publishPeriodMs: number
  /** How often each Sentinel pings; stock is 1000. */
  pingPeriodMs: number
}

/** `fast`, with the periods that the product's watchdog sets on a Sentinel. */
export const FAST: Timings = {
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  infoPeriodMs: SENTINEL_PERIODS['info-period'],
  publishPeriodMs: SENTINEL_PERIODS['publish-period'],
  pingPeriodMs: SENTINEL_PERIODS['ping-period'],
}

/** `fast`, with Sentinel's own periods. */
export const FAST_STOCK_PERIODS: Timings = {
  ...FAST,
  infoPeriodMs: 10_000,
  publishPeriodMs: 2000,
  pingPeriodMs: 1000,
}

export const MAXMEMORY = '256mb'

/** The host of the first primary. */
export const FIRST_PRIMARY: DataHost = 'a'

const CAMPAIGN_USER = `user ${CAMPAIGN.username} on >${CAMPAIGN.password} ~* &* +@all\n`

/** The `users.acl` file: the users that the product renders, and the campaign's own user. */
export const renderRedisUsers = (secrets: Secrets): string => renderUsersAcl(secrets) + CAMPAIGN_USER

/** The users of a Sentinel, as lines of its file. */
const renderSentinelUserLines = (secrets: Secrets): string => renderSentinelUsers(secrets) + CAMPAIGN_USER

/** The redis.conf of a host, as the product renders it but without the transport settings. */
export function renderRedisConf(host: DataHost, folder: string, secrets: Secrets): string {
  const address = addressOf(host)
  const replicaOf = host === FIRST_PRIMARY ? '' : `replicaof ${addressOf(FIRST_PRIMARY)} ${REDIS_PORT}`
  return `bind ${address}
bind-source-addr ${address}
port ${REDIS_PORT}
databases 16
dir ${folder}
aclfile ${folder}/users.acl
masteruser replica
masterauth ${secrets.replica}
${replicaOf}
replica-announce-ip ${address}
replica-announce-port ${REDIS_PORT}
min-replicas-to-write ${MAJORITY - 1}
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
maxmemory ${MAXMEMORY}
maxmemory-policy noeviction
`
}

export function renderSentinelConf(
  host: DataHost,
  folder: string,
  timings: Timings,
  secrets: Secrets,
): string {
  const address = addressOf(sentinelOf(host))
  return `bind ${address}
bind-source-addr ${address}
port ${SENTINEL_PORT}
dir ${folder}
${renderSentinelUserLines(secrets)}sentinel announce-ip ${address}
sentinel announce-port ${SENTINEL_PORT}
sentinel sentinel-user peer
sentinel sentinel-pass ${secrets.peer}
sentinel monitor ${PRIMARY_NAME} ${addressOf(FIRST_PRIMARY)} ${REDIS_PORT} ${MAJORITY}
sentinel auth-user ${PRIMARY_NAME} sentinel
sentinel auth-pass ${PRIMARY_NAME} ${secrets.sentinel}
sentinel down-after-milliseconds ${PRIMARY_NAME} ${timings.downAfterMs}
sentinel failover-timeout ${PRIMARY_NAME} ${timings.failoverTimeoutMs}
sentinel parallel-syncs ${PRIMARY_NAME} ${MAJORITY - 1}
`
}

/** The `host.json` of a host, for its watchdog. */
export function renderHostConfig(host: DataHost, folder: string, timings: Timings, secrets: Secrets): string {
  const config: HostConfig = {
    dataCentre: DATA_CENTRE,
    primaryName: PRIMARY_NAME,
    mark: secrets.mark,
    self: { host: addressOf(host), port: REDIS_PORT },
    sentinel: { host: addressOf(sentinelOf(host)), port: SENTINEL_PORT },
    redis: DATA_HOSTS.map((other) => ({ host: addressOf(other), port: REDIS_PORT })),
    sentinels: SENTINEL_PLACES.map((place) => ({ host: addressOf(place), port: SENTINEL_PORT })),
    downAfterMs: timings.downAfterMs,
    failoverTimeoutMs: timings.failoverTimeoutMs,
    stateFolder: folder,
    server: 'redis-server',
    tls: null,
    passwords: { redisAdmin: secrets.admin, sentinelAdmin: secrets.sentinelAdmin },
  }
  return JSON.stringify(config, null, 2)
}

/**
 * The plan of the data centre for the product's operations. It does not list gateways, because the applications open
 * the store themselves. Null with five data hosts: only the library supports them.
 */
export function planOf({ downAfterMs, failoverTimeoutMs }: Timings): LocalPlan | null {
  if (DATA_HOSTS.length !== 3) return null
  const plan = defaultPlan({
    name: DATA_CENTRE,
    hosts: DATA_HOSTS.map(addressOf),
    balancer: CONTROL_ADDRESS,
  })
  return {
    ...plan,
    site: { ...plan.site, timings: { name: 'custom', downAfterMs, failoverTimeoutMs } },
    addresses: { ...plan.addresses, gateways: [] },
  }
}
