import type { Reason, ReasonCode } from '@holdfast/agent/group/health'
import type { RunningOperation } from '@holdfast/local/state/lock'
import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import type { Transport } from '@holdfast/site/file/site'
import type { SecretAge } from '@holdfast/site/secrets/ages'
import type { RotationLimits } from '@holdfast/site/secrets/limits'
import type { Timings } from '@holdfast/site/topology/topology'
import type { UnfinishedRotations } from '../rotate/unfinished.ts'

/** A data centre at a glance; `holdfast status --json` prints it. */
export interface DataCentreStatus {
  name: string
  /** Null for a data centre that is described by a file. */
  stateDir: string | null
  timings: Timings['name']
  /** Why it is unhealthy; empty if it is healthy. */
  reasons: StatusReason[]
  /** How the traffic between its processes is protected. */
  transport: Transport
  /** URL of the balancer of this machine; null for a data centre that is described by a file. */
  balancer: string | null
  /** `hung`: the supervisor's process exists but does not answer. `none`: described by a file, without a supervisor. */
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
  /** The age of every secret that can be rotated; empty where they are not in a file. */
  secrets: SecretAge[]
  /** When rotations are due, by holdfast.yaml. */
  limits: RotationLimits
  /** Unfinished rotations. */
  rotations: UnfinishedRotations
  /** The operation that changes it at present. */
  operation: RunningOperation | null
}

/** A reason why a data centre is unhealthy: of its group, or of the machine that supervises it. */
export type StatusReason = Reason<ReasonCode | 'supervisor-gone' | 'supervisor-hung' | 'process-not-running'>

/** The last change of the primary, as a majority of the Sentinels knows it. Null: no majority, or there was none. */
export interface LastFailover {
  /** The configuration epoch under which the present primary was promoted. */
  epoch: number
  /** ISO 8601, UTC. It may have been earlier: a Sentinel that has restarted since does not know the time. */
  at: string
}

/** A client of the store, by its address. */
export interface ApplicationSeen {
  /** The name of its connections. */
  name: string
  host: string
  connections: number
}

export type RedisStatus = Named & (Unreachable | (Reachable & RedisFacts))

export interface RedisFacts {
  role: 'primary' | 'replica'
  /** Its replication offset (in bytes). */
  offset: number
  /** How far a replica is behind the primary (in bytes). Null for a primary, or while there is none. */
  lagBytes: number | null
  /** How many replicas a primary has. */
  replicas: number
  /** Whether a replica is linked to its primary. Null for a primary. */
  link: 'up' | 'down' | null
  /** `host:port` of a replica's primary. Null for a primary. */
  primary: string | null
  version: string
  /** How long its process has been running (in seconds). */
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
  /** The configuration epoch of that primary's promotion. */
  epoch: number
  /** How long it has known that primary in this role (in milliseconds). */
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
