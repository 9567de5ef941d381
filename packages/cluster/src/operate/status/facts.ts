import type { SecretAge } from '../../secrets/ages.ts'
import type { RotationLimits } from '../../secrets/limits.ts'
import type { Transport } from '../../site/site.ts'
import type { ProcessStatus } from '../../supervise/managed-process.ts'
import type { Timings } from '../../topology/topology.ts'
import type { RunningOperation } from '../lock.ts'
import type { UnfinishedRotations } from '../rotate/unfinished.ts'

/** A data centre at a glance; `holdfast status --json` prints it. */
export interface DataCentreStatus {
  name: string
  /** Null of one that is reached by its file. */
  stateDir: string | null
  timings: Timings['name']
  /** What protects the traffic between its processes. */
  transport: Transport
  /** URL of the balancer of this machine; null of one that is reached by its file. */
  balancer: string | null
  /** `hung`: the supervisor's process exists but does not answer. `none`: it is reached by its file, and needs none. */
  supervisor: 'running' | 'hung' | 'gone' | 'none'
  /** As the supervisor sees them; empty when it does not answer, or there is none. */
  processes: ProcessStatus[]
  redis: RedisStatus[]
  sentinels: SentinelStatus[]
  lastFailover: LastFailover | null
  /** Keys on the primary, each a session, a tombstone or a subject's index; null while there is no primary. */
  keys: number | null
  /** Application servers and gateways that are connected to the primary. */
  applications: ApplicationSeen[]
  /** How old every secret is that can be rotated; empty where they are in no file. */
  secrets: SecretAge[]
  /** When they are due, by the file of its site. */
  limits: RotationLimits
  /** Rotations that have not ended. */
  rotations: UnfinishedRotations
  /** The operation that changes it at present. */
  operation: RunningOperation | null
}

/** The last change of the primary, as a majority of the Sentinels knows it. Null: none does, or there was none. */
export interface LastFailover {
  /** The configuration epoch under which the present primary was promoted. */
  epoch: number
  /** ISO 8601, UTC. It was then, or before: a Sentinel that has been restarted since does not know the time. */
  at: string
}

/** Whoever uses the store from one address. */
export interface ApplicationSeen {
  /** The name that its connections bear. */
  name: string
  host: string
  connections: number
}

export type RedisStatus = Named & (Unreachable | (Reachable & RedisFacts))

export interface RedisFacts {
  role: 'primary' | 'replica'
  /** Its place in the stream of writes (in bytes). */
  offset: number
  /** Of a replica: how far it is behind the primary (in bytes). Null of a primary, or while there is none. */
  lagBytes: number | null
  /** Of a primary: how many replicas follow it. */
  replicas: number
  /** Of a replica: whether it is linked to its primary. Null of a primary. */
  link: 'up' | 'down' | null
  /** Of a replica: `host:port` of its primary. Null of a primary. */
  primary: string | null
  version: string
  /** For how long its process has been running (in seconds). */
  upSeconds: number
  keys: number
  /** Memory for the data (in bytes). `max` is 0 where there is no limit. */
  memory: { used: number; max: number }
  connections: { open: number; max: number }
  certificateDays: number | null
}

export type SentinelStatus = Named & (Unreachable | (Reachable & SentinelFacts))

export interface SentinelFacts {
  /** `host:port` of the primary that it names. */
  primary: string
  /** The configuration epoch under which that one became primary. */
  epoch: number
  /** For how long it has known that one in its role (in milliseconds). */
  sinceMs: number
  known: { replicas: number; sentinels: number }
  failingOver: boolean
  certificateDays: number | null
}

interface Named {
  name: string
  host: string
  port: number
}

interface Reachable {
  reachable: true
}

interface Unreachable {
  reachable: false
  /** Why, in one sentence. */
  problem: string
}
