import type { NodeAddress } from '@holdfast/tokens/redis'
import type { RotationLimits } from '../secrets/limits.ts'
import type { Engine, RedisSettings } from '../site/site.ts'
import type { Timings, TimingsName } from './timings.ts'

export type { Timings, TimingsName } from './timings.ts'

/** The Redis and Sentinels of one data centre, wherever they run. */
export interface Group {
  name: string
  /** The name under which the Sentinels watch the primary. */
  primaryName: string
  timings: Timings
  /** Three hosts, each with one Redis and one Sentinel. The first is the primary of a fresh data centre. */
  dataHosts: DataHost[]
  /** When its secrets are due for a rotation. */
  rotation: RotationLimits
  /** Sentinels that must agree that the primary is down. Absent: a majority. */
  quorum?: number
  /** The settings of every Redis, as a site's file says. Absent: {@link REDIS_SETTINGS}, which nobody has asked for. */
  redis?: RedisSettings
}

/** What a data centre is called that was given no name. */
export const DEFAULT_NAME = 'dc1'

/** The name of the program of its engine. */
export const serverOf = ({ engine }: Topology): string => `${engine?.name ?? 'redis'}-server`

/** A data centre of one machine: which process listens where, and how soon a failover begins. */
export interface Topology extends Group {
  /** What runs as the token store. Absent: the engine of `holdfast up` without a file. */
  engine?: Engine
  transport: LocalTransport
  /** The gateways, in the balancer's order. */
  gateways: NodeAddress[]
  balancer: NodeAddress
}

/** What protects the traffic between the processes of one machine. */
export type LocalTransport = (typeof LOCAL_TRANSPORTS)[number]

export const LOCAL_TRANSPORTS = ['plain', 'tls', 'stunnel'] as const

export interface DataHost {
  host: string
  redisPort: number
  sentinelPort: number
  /** What a site's file calls it. Absent: its processes are numbered. */
  name?: string
  /** As in a site's file. Absent: that of all others. */
  replicaPriority?: number
}

/**
 * `reference` is what the document "Shared Token Redis" asks for. `fast` fails over about 8 s sooner; less than
 * 1500 ms is unsafe: a Sentinel then takes a just promoted primary for dead (redis issue 8607).
 */
export const TIMINGS: Record<TimingsName, Timings> = {
  fast: { name: 'fast', downAfterMs: 1500, failoverTimeoutMs: 6000 },
  reference: { name: 'reference', downAfterMs: 10_000, failoverTimeoutMs: 30_000 },
}

/** The port of each service, the same on every host. Redis and Sentinel have their usual ones. */
export const PORT = {
  redis: 6379,
  sentinel: 26_379,
  http: 8080,
  https: 443,
  /** Of a balancer before applications and gateways: that of the gateways. */
  secondHttps: 8443,
  tunnel: 51_820,
} as const

/** Sentinels that must agree: a majority of three. */
export const QUORUM = 2

/** Sentinels that must agree in this data centre, by plan. */
export const quorumOf = ({ quorum }: Group): number => quorum ?? QUORUM

/**
 * With `stunnel`, where the tunnel to a data host leads on one machine: at the host's own address its entrance, to which
 * everybody connects; at `arrival` it arrives, encrypted; and inside of that, at `inside`, Redis and Sentinel listen.
 */
export const tunnelOf = (host: string) => ({ arrival: shifted(host, 200), inside: shifted(host, 100) })

/** The last number of a data host's address at most, so that both of {@link tunnelOf} are addresses. */
export const MOST_TUNNELLED = 54

function shifted(host: string, by: number): string {
  const numbers = host.split('.')
  return [...numbers.slice(0, -1), Number(numbers.at(-1)) + by].join('.')
}

/** What a Redis or a Sentinel is called: `redis-1`, or `redis@dc1-data-1` where hosts have names. */
export const processName = (kind: 'redis' | 'sentinel', index: number, { name }: DataHost): string =>
  name === undefined ? `${kind}-${index + 1}` : `${kind}@${name}`

export const redisAddress = ({ host, redisPort }: DataHost): NodeAddress => ({ host, port: redisPort })

export const sentinelAddress = ({ host, sentinelPort }: DataHost): NodeAddress => ({
  host,
  port: sentinelPort,
})
