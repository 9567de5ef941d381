import type { DrillEnvironment } from './environment.ts'
import type { DrillFault, EndedConnections } from './faults/plan.ts'
import type { Failure } from './load-metrics.ts'
import type { PlainReport } from './redis/plain-load.ts'
import type { TimelineReport } from './timeline.ts'

/** The measurements of a drill, before they are compared with objectives. Times in milliseconds. */
export interface Measured {
  /** The fault's, such as `kill-primary`. */
  id: string
  /** `done` is a sentence about what happened; `lastsMs` is null for a fault that lasted until the load stopped. */
  fault: DrillFault & { victim: string; lastsMs: number | null; text: string; done: string }
  /** Verifications, logins and logouts. */
  requests: number
  failedRequests: number
  failedVerifications: number
  failedLogins: number
  failedLogouts: number
  /** Logins that were rejected as they should be, because the fault was a full memory. */
  refusedLogins: number
  /** Users whose live session was rejected. */
  loggedOut: number
  /** Acknowledged logins that are missing on the primary, or that a gateway rejects. */
  missingAcknowledged: number
  /** Acknowledged logouts whose session a server still accepted, or accepted again. */
  undoneLogouts: number
  longestVerifyMs: number
  longestLoginMs: number
  /** The longest time for which the drill was too busy to read answers: it may be part of the measured waits. */
  ownDelayMs: number
  /** From the fault to the promotion of another node; null when none was promoted. */
  newPrimaryMs: number | null
  /** From the fault until the new primary had a replica, so that it could acknowledge writes; null likewise. */
  acknowledgingMs: number | null
  /** How long the operation took, such as a switchover; null for a real fault. */
  operationMs: number | null
  /** Connections of applications to Redis and Sentinels, which a rotation must not end; null: not counted. */
  connections: EndedConnections | null
  primary: { before: string; after: string | null }
  verifications: OperationReport
  logins: OperationReport
  logouts: OperationReport
  /** Public ids, ten of each at most. */
  missingIds: string[]
  loggedOutIds: string[]
  undoneIds: string[]
  /** Sessions looked up on the primary and through each gateway. */
  audited: { primary: number; gateways: number }
  /** How many answers each gateway gave. */
  servers: Record<string, number>
  failures: Failure[]
  /** What plain Redis clients noticed; null: there were none. */
  redis: PlainReport | null
  users: number
  requestsPerSecond: number
  loginsPerSecond: number
  timeline: TimelineReport
  environment: DrillEnvironment
  /** UTC, ISO 8601. */
  startedAt: string
  durationMs: number
}

export interface OperationReport {
  count: number
  p50Ms: number
  p99Ms: number
  p999Ms: number
  longestMs: number
}
