import type { NodeAddress } from '@holdfast/tokens/redis'
import type { RedisSettings } from '../file/site.ts'
import type { RotationLimits } from '../secrets/limits.ts'
import type { Timings, TimingsName } from './timings.ts'

export type { Timings, TimingsName } from './timings.ts'

/**
 * What operations need of one data centre of a site: its Redis and Sentinels, on this machine or elsewhere, and their
 * settings. `groupOf` (group.ts) derives it.
 */
export interface Group {
  name: string
  /** The name under which the Sentinels monitor the primary. */
  primaryName: string
  timings: Timings
  /** Three hosts, each with one Redis and one Sentinel. The first is the primary of a fresh data centre. */
  dataHosts: DataHost[]
  /** When the secrets are due for a rotation. */
  rotation: RotationLimits
  /** How many Sentinels must agree that the primary is down. */
  quorum: number
  /** The settings of every Redis in a site's file. Absent: no file sets them. */
  redis?: RedisSettings
}

export interface DataHost extends DataHostAddress {
  /** The `replica-priority` in a site's file. Absent: the default. */
  replicaPriority?: number
}

/** Where clients reach the Redis and the Sentinel of one host. */
export interface DataHostAddress {
  host: string
  redisPort: number
  sentinelPort: number
  /** The host's name in a site's file. Absent: its processes are numbered. */
  name?: string
}

/** The default name of a data centre. */
export const DEFAULT_NAME = 'dc1'

/** The encryption of the traffic between the processes of one machine. */
export type LocalTransport = (typeof LOCAL_TRANSPORTS)[number]

export const LOCAL_TRANSPORTS = ['plain', 'tls', 'stunnel'] as const

/**
 * `reference` follows the document "Shared Token Redis". `fast` fails over about 8 s sooner. Less than 1500 ms is unsafe: a
 * Sentinel would then mark a newly promoted primary as down (redis issue 8607).
 */
export const TIMINGS: Record<TimingsName, Timings> = {
  fast: { name: 'fast', downAfterMs: 1500, failoverTimeoutMs: 6000 },
  reference: { name: 'reference', downAfterMs: 10_000, failoverTimeoutMs: 30_000 },
}

/** The port of each service, the same on every host. Redis and Sentinel use their default ports. */
export const PORT = {
  redis: 6379,
  sentinel: 26_379,
  http: 8080,
  https: 443,
  /** The Redis proxy: another port than Redis has, because both may run on one host. */
  proxy: 6380,
  /** The gateways' port of a balancer that serves both applications and gateways. */
  secondHttps: 8443,
  tunnel: 51_820,
} as const

/** The default quorum: a majority of three Sentinels. */
export const QUORUM = 2

/**
 * The addresses of the tunnel to a data host on one machine, with the transport `stunnel`. Clients connect to the host's own
 * address. The encrypted connection arrives at `arrival`, and Redis and Sentinel listen at `inside`.
 */
export const tunnelOf = (host: string) => ({ arrival: shifted(host, 200), inside: shifted(host, 100) })

/** The highest last number of a data host's address with which both addresses of {@link tunnelOf} are valid. */
export const MAX_TUNNELLED = 54

function shifted(host: string, by: number): string {
  const numbers = host.split('.')
  return [...numbers.slice(0, -1), Number(numbers.at(-1)) + by].join('.')
}

/** The name of a Redis or a Sentinel: `redis-1`, or `redis@dc1-data-1` when hosts have names. */
export const processName = (kind: 'redis' | 'sentinel', index: number, { name }: DataHost): string =>
  name === undefined ? `${kind}-${index + 1}` : `${kind}@${name}`

export const redisAddress = ({ host, redisPort }: DataHost): NodeAddress => ({ host, port: redisPort })

export const sentinelAddress = ({ host, sentinelPort }: DataHost): NodeAddress => ({
  host,
  port: sentinelPort,
})
