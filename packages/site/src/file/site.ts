import type { RotationLimits } from '../secrets/limits.ts'
import type { Timings } from '../topology/timings.ts'
import { type ProxySettings, type ProxyUser, proxySettings } from './proxy-settings.ts'

/**
 * The content of a `holdfast.yaml`: data centres with the same settings that share nothing. Rules check the
 * addresses.
 */
export interface Site {
  engine: Engine
  profile: Profile
  transport: Transport
  /** The reason why tokens may travel unencrypted. Required with the transport `plain` between hosts. */
  plainBecause: string | null
  timings: Timings
  /** The Redis clients of the applications that use the tokens. Absent: unknown. */
  clients?: Clients
  /** Settings of every Redis. Absent: {@link REDIS_SETTINGS}, and a running Redis may have others. */
  redis?: RedisSettings
  /** Settings of every gateway, besides those that Holdfast renders itself. */
  gateway?: GatewaySettings
  /** Settings of every Redis proxy. Absent: `PROXY_SETTINGS`. */
  proxy?: ProxySettings
  /** When secrets are due for rotation. Absent: {@link ROTATION_LIMITS}. */
  rotation?: RotationLimits
  dataCentres: DataCentre[]
}

/** Settings in the form of a gateway's configuration file. The gateway validates them; this package does not. */
export type GatewaySettings = Readonly<Record<string, unknown>>

/** The behaviour of the Redis client in the applications. */
interface Clients {
  /** How long a client retries before it gives up (in milliseconds). */
  retryBudgetMs: number
}

/** Settings of every Redis of a site. */
export interface RedisSettings {
  /** Memory for the data (in MiB). */
  maxmemoryMb: number
  /** The policy of Redis when that memory is full. Every policy except `noeviction` evicts sessions and revocations. */
  maxmemoryPolicy: MaxmemoryPolicy
  /** How much of the latest writes the primary keeps for a replica that reconnects (in MiB). */
  backlogMb: number
  /** How much output may be pending for one replica before the primary drops its connection (in MiB). */
  replicaBufferMb: number
  /**
   * When Redis writes to its disk. `always`: before it answers a write, so that a power cut of every host loses
   * nothing.
   */
  appendfsync: Appendfsync
}

export const APPENDFSYNC = ['everysec', 'always'] as const

type Appendfsync = (typeof APPENDFSYNC)[number]

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

type MaxmemoryPolicy = (typeof MAXMEMORY_POLICIES)[number]

/** The default settings of Redis. */
export const REDIS_SETTINGS: RedisSettings = {
  maxmemoryMb: 256,
  maxmemoryPolicy: 'noeviction',
  backlogMb: 64,
  replicaBufferMb: 256,
  appendfsync: 'everysec',
}

/** The engine that stores the tokens. */
export interface Engine {
  name: 'redis' | 'valkey'
  version: EngineVersion
}

/** The engine of `holdfast up` without a file, and of all measurements. */
export const REFERENCE_ENGINE: Engine = { name: 'redis', version: '7.0' }

export type EngineVersion = '7.0' | '7.2' | '7.4' | '8.0' | '9.0'

/**
 * `hardened` is the configuration that Holdfast recommends. `as-documented` is exactly the configuration that the
 * document "Shared Token Redis" prints.
 */
export type Profile = 'hardened' | 'as-documented'

/** The protection of traffic between hosts. */
export type Transport = 'tls' | 'stunnel' | 'wireguard' | 'plain'

/** One data centre: a separate set of Redis and Sentinels, with its own secrets, certificate authority and group id. */
export interface DataCentre {
  name: string
  /** The name under which its Sentinels monitor the primary. */
  primaryName: string
  /** How many Sentinels must agree that the primary is down. Absent: a majority. */
  quorum?: number
  /** The first host that runs Redis starts as the primary. */
  hosts: Host[]
  /** The place that keeps its secrets. */
  secrets: SecretsPlace
}

/** A folder of private files, environment variables with a prefix, or a systemd credential. */
export type SecretsPlace =
  | { kind: 'file'; path: string }
  | { kind: 'environment'; prefix: string }
  | { kind: 'credentials' }

/** One machine. */
export interface Host {
  /** 1 to 63 of `a-z`, `0-9`, `-`: a DNS label, and a name in its certificate. */
  name: string
  /** The IPv4 or IPv6 address at which other hosts reach it. */
  address: string
  /** Additional names in its certificate. */
  names: string[]
  /**
   * With `wireguard`: its address inside the tunnel. With `stunnel`: the loopback address that stands for this host on
   * every host; if null, the renderer chooses it.
   */
  tunnelAddress: string | null
  /** Sentinel promotes the lowest priority first, and never promotes 0. Absent: {@link REPLICA_PRIORITY}. */
  replicaPriority?: number
  runs: Service[]
}

/** The default priority. Equal priorities let Sentinel promote the replica with the most data. */
export const REPLICA_PRIORITY = 100

/** The planned priority of a Redis. */
export const priorityOf = ({ replicaPriority }: { replicaPriority?: number }): number =>
  replicaPriority ?? REPLICA_PRIORITY

/** The planned quorum: how many Sentinels must agree that the primary is down. */
export const plannedQuorum = (dataCentre: DataCentre): number =>
  dataCentre.quorum ?? Math.floor(hostsThatRun(dataCentre, 'sentinel').length / 2) + 1

/**
 * A service of a host. `operator` is the machine from which the data centre is operated. Holdfast does not configure
 * `mongodb` and `rabbitmq`, but rules check whether they run beside Redis.
 */
export type Service = (typeof SERVICES)[number]

export const SERVICES = [
  'redis',
  'sentinel',
  'application',
  'gateway',
  'proxy',
  'balancer',
  'operator',
  'mongodb',
  'rabbitmq',
] as const

/** The hosts of a data centre that run a service, in the order of the file. */
export const hostsThatRun = ({ hosts }: DataCentre, service: Service): Host[] =>
  hosts.filter(({ runs }) => runs.includes(service))

/** The Redis users of the clients of a data centre's proxies, by name. Empty if no host runs a proxy. */
export const proxyUsers = (site: Site, dataCentre: DataCentre): Readonly<Record<string, ProxyUser>> =>
  hostsThatRun(dataCentre, 'proxy').length > 0 ? proxySettings(site).users : {}
