import type { RotationLimits } from '../secrets/limits.ts'
import type { Timings } from '../topology/timings.ts'

/** What `holdfast.yaml` describes: data centres that are built alike and share nothing. Addresses are checked by rules. */
export interface Site {
  engine: Engine
  profile: Profile
  transport: Transport
  /** Why tokens may travel unencrypted; asked for with the transport `plain` between hosts. */
  plainBecause: string | null
  timings: Timings
  /** What is known of the applications that use the tokens. Absent: nothing. */
  clients?: Clients
  /** Settings of every Redis. Absent: {@link REDIS_SETTINGS}. */
  redis?: RedisSettings
  /** Settings of every gateway, beyond those that Holdfast renders itself, as its configuration file has them. */
  gateway?: GatewaySettings
  /** When secrets are due for a rotation. Absent: {@link ROTATION_LIMITS}. */
  rotation?: RotationLimits
  dataCentres: DataCentre[]
}

/** Settings in the form of a gateway's configuration file, of which this package knows nothing. */
export type GatewaySettings = Readonly<Record<string, unknown>>

/** How the applications' Redis client behaves. */
export interface Clients {
  /** For how long a client tries again before it gives up for good (in milliseconds). */
  retryBudgetMs: number
}

/** Settings that every Redis of a site shares. */
export interface RedisSettings {
  /** Memory for the data (in MiB). */
  maxmemoryMb: number
  /** What Redis does when that is full. Anything but `noeviction` forgets sessions and revocations. */
  maxmemoryPolicy: MaxmemoryPolicy
  /** How much of the latest writes the primary keeps for a replica that was away (in MiB). */
  backlogMb: number
  /** How much may wait for one replica until the primary drops its connection (in MiB). */
  replicaBufferMb: number
  /** When Redis waits for its disk. `always`: before it answers a write, so a power cut of every host loses nothing. */
  appendfsync: Appendfsync
}

export const APPENDFSYNC = ['everysec', 'always'] as const

export type Appendfsync = (typeof APPENDFSYNC)[number]

export const MAXMEMORY_POLICIES = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
] as const

export type MaxmemoryPolicy = (typeof MAXMEMORY_POLICIES)[number]

/** What a site's Redis has unless its file says otherwise. */
export const REDIS_SETTINGS: RedisSettings = {
  maxmemoryMb: 256,
  maxmemoryPolicy: 'noeviction',
  backlogMb: 64,
  replicaBufferMb: 256,
  appendfsync: 'everysec',
}

/** What runs as the token store. */
export interface Engine {
  name: 'redis' | 'valkey'
  version: EngineVersion
}

export type EngineVersion = '7.0' | '7.2' | '7.4' | '8.0' | '9.0'

/**
 * `hardened` is what Holdfast recommends. `as-documented` is what the document "Shared Token Redis" prints, and no
 * more.
 */
export type Profile = 'hardened' | 'as-documented'

/** What protects the traffic between hosts. */
export type Transport = 'tls' | 'stunnel' | 'wireguard' | 'plain'

/** One data centre: a separate set of Redis and Sentinels, with its own secrets, certificate authority and mark. */
export interface DataCentre {
  name: string
  /** The name under which its Sentinels watch the primary. */
  primaryName: string
  /** Sentinels that must agree that the primary is down. Absent: a majority of them. */
  quorum?: number
  /** The first host that runs Redis begins as the primary. */
  hosts: Host[]
  /** Where its secrets are. */
  secrets: SecretsPlace
}

/** A folder of private files, variables of the environment with a prefix, or the credentials that systemd hands over. */
export type SecretsPlace =
  | { kind: 'file'; path: string }
  | { kind: 'environment'; prefix: string }
  | { kind: 'credentials' }

/** One machine. */
export interface Host {
  /** 1 to 63 of `a-z`, `0-9`, `-`: a DNS label, and a name in its certificate. */
  name: string
  /** IPv4 or IPv6 address at which the others reach it. */
  address: string
  /** Further names in its certificate. */
  names: string[]
  /**
   * Its address inside the tunnel when the transport is `wireguard`. With `stunnel`, the loopback address that stands
   * for it on every host; null leaves the choice to the renderer.
   */
  tunnelAddress: string | null
  /** Sentinel promotes the lowest first, and never 0. Absent: {@link REPLICA_PRIORITY}. */
  replicaPriority?: number
  runs: Service[]
}

/** The priority of every Redis unless the file says otherwise: equal, so that the one with the most data is promoted. */
export const REPLICA_PRIORITY = 100

/** The priority that a Redis has by plan. */
export const priorityOf = ({ replicaPriority }: { replicaPriority?: number }): number =>
  replicaPriority ?? REPLICA_PRIORITY

/** Sentinels that must agree that the primary is down, by plan. */
export const plannedQuorum = (dataCentre: DataCentre): number =>
  dataCentre.quorum ?? Math.floor(hostsThatRun(dataCentre, 'sentinel').length / 2) + 1

/** What runs on a host. `operator` is the machine that operates the data centre. `mongodb` and `rabbitmq` are not Holdfast's, but what stands beside Redis matters to the rules. */
export type Service = (typeof SERVICES)[number]

export const SERVICES = [
  'redis',
  'sentinel',
  'application',
  'gateway',
  'balancer',
  'operator',
  'mongodb',
  'rabbitmq',
] as const

/** The hosts of a data centre that run a service, in the file's order. */
export const hostsThatRun = ({ hosts }: DataCentre, service: Service): Host[] =>
  hosts.filter(({ runs }) => runs.includes(service))
