import type { DrillEnvironment } from './environment.ts'
import type { DrillFault, EndedConnections } from './faults/plan.ts'
import type { Failure } from './tally.ts'
import type { TimelineReport } from './timeline.ts'

/** What a drill measures, before anybody judges it. Times in milliseconds. */
export interface Measured {
  /** The fault's, such as `kill-primary`. */
  id: string
  /** `done` says what was done, in a sentence; `lastsMs` is null for what lasted until users had stopped. */
  fault: DrillFault & { victim: string; lastsMs: number | null; text: string; done: string }
  /** Verifications, logins and log-outs. */
  requests: number
  failedRequests: number
  failedVerifications: number
  failedLogins: number
  failedLogouts: number
  /** Logins that were refused as they should be, because the fault was a full memory. */
  refusedLogins: number
  /** Users whose live session was refused. */
  loggedOut: number
  /** Acknowledged logins that are not on the primary, or that a gateway does not know. */
  missingAcknowledged: number
  /** Acknowledged log-outs that a server still accepted, or accepts again. */
  undoneLogouts: number
  longestVerifyMs: number
  longestLoginMs: number
  /** Longest time for which the drill itself was too busy to look at answers: as much of the waits may be its own. */
  ownDelayMs: number
  /** From the fault to the promotion of another node; null when none was promoted. */
  newPrimaryMs: number | null
  /** From the fault until the new primary had a replica, so that it could acknowledge again; null likewise. */
  acknowledgingMs: number | null
  /** How long the operation took, where the fault is one, such as a switchover; null likewise. */
  operationMs: number | null
  /** Connections of applications to Redis and Sentinels, where a rotation must not end them; null: not counted. */
  connections: EndedConnections | null
  primary: { before: string; after: string | null }
  verifications: OperationReport
  logins: OperationReport
  logouts: OperationReport
  /** Public ids, at most ten each. */
  missingIds: string[]
  loggedOutIds: string[]
  undoneIds: string[]
  /** Sessions looked up on the primary and through each gateway. */
  audited: { primary: number; gateways: number }
  /** How many answers each gateway gave. */
  servers: Record<string, number>
  failures: Failure[]
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
