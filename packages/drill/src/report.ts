import type { DrillEnvironment } from './environment.ts'
import type { EndedConnections, FaultPlan } from './faults/plan.ts'
import type { LoadMetrics } from './load-metrics.ts'
import type { Measured, OperationReport } from './measured.ts'
import { compare, missedText, type ObjectiveResult, type ObjectivesFile } from './objectives/objectives.ts'
import type { DrillSettings } from './options.ts'
import { type PlainReport, READS_PER_SECOND, WRITES_PER_SECOND } from './redis/plain-load.ts'

/** The output of `holdfast drill --json`: what was measured, and whether it meets the objectives. */
export interface DrillReport extends Measured {
  /** True when every objective was met, and the drill measured enough to prove it. */
  ok: boolean
  /** Why it is not ok, in one sentence each. */
  problems: string[]
  /** Each objective with what was measured. */
  objectives: ObjectiveResult[]
}

/** Everything that was observed in a drill. */
export interface DrillEvidence {
  id: string
  settings: DrillSettings
  objectives: ObjectivesFile
  environment: DrillEnvironment
  plan: Pick<FaultPlan, 'victim' | 'text' | 'done' | 'needsNewPrimary'>
  metrics: LoadMetrics
  startedAt: Date
  durationMs: number
  /** How long the load ran (in milliseconds), without the logins at the beginning. */
  loadMs: number
  tookEffect: boolean
  newPrimaryMs: number | null
  acknowledgingMs: number | null
  operationMs: number | null
  connections: EndedConnections | null
  primary: { before: string; after: string | null }
  /** Logins acknowledged after the fault. */
  loginsAfterFault: number
  acknowledgedLogouts: number
  /** What plain Redis clients noticed; null: there were none. */
  redis: PlainReport | null
  /** Their writes that were acknowledged after the fault. */
  writesAfterFault: number
  loggedOutIds: ReadonlySet<string>
  missingIds: ReadonlySet<string>
  undoneIds: ReadonlySet<string>
  audited: { primary: number; gateways: number }
  /** What could not be checked, in one sentence each. */
  holes: readonly string[]
}

const MAX_IDS = 10

/** Beyond this the machine was too busy to attribute a wait to the data centre (in milliseconds). */
const MAX_OWN_DELAY_MS = 200

/** Judges a drill. Pure. INV-DRILL-3. */
export function judge(evidence: DrillEvidence): DrillReport {
  const measured = measure(evidence)
  const objectives = compare(evidence.objectives, measured)
  const missed = objectives.filter(({ met }) => !met)
  const problems = [...missed.map(missedText), ...doubtsOf(evidence)]
  if (missed.some(({ unit }) => unit === 'ms') && measured.ownDelayMs > MAX_OWN_DELAY_MS) {
    problems.push(
      `The drill itself was delayed by up to ${measured.ownDelayMs} ms, which may be part of the waits.`,
    )
  }
  return { ok: problems.length === 0, problems, objectives, ...measured }
}

function measure(evidence: DrillEvidence): Measured {
  const { settings, metrics, plan, missingIds, loggedOutIds, undoneIds } = evidence
  return {
    id: evidence.id,
    fault: {
      ...settings.fault,
      victim: plan.victim.name,
      lastsMs: settings.lastsMs,
      text: plan.text,
      done: plan.done,
    },
    requests: metrics.requests,
    failedRequests: metrics.failedRequests,
    failedVerifications: metrics.failed.verify,
    failedLogins: metrics.failed.login,
    failedLogouts: metrics.failed.logout,
    refusedLogins: metrics.refusedLogins,
    loggedOut: loggedOutIds.size,
    missingAcknowledged: missingIds.size,
    undoneLogouts: undoneIds.size,
    longestVerifyMs: Math.round(metrics.verify.longestMs),
    longestLoginMs: Math.round(metrics.login.longestMs),
    ownDelayMs: Math.round(metrics.ownDelayMs),
    newPrimaryMs: evidence.newPrimaryMs,
    acknowledgingMs: evidence.acknowledgingMs,
    operationMs: evidence.operationMs,
    connections: evidence.connections,
    primary: evidence.primary,
    verifications: operation(metrics, 'verify'),
    logins: operation(metrics, 'login'),
    logouts: operation(metrics, 'logout'),
    missingIds: [...missingIds].slice(0, MAX_IDS),
    loggedOutIds: [...loggedOutIds].slice(0, MAX_IDS),
    undoneIds: [...undoneIds].slice(0, MAX_IDS),
    audited: evidence.audited,
    servers: Object.fromEntries([...metrics.servers].toSorted(([a], [b]) => a.localeCompare(b))),
    failures: metrics.samples,
    redis: evidence.redis,
    users: settings.users,
    requestsPerSecond: settings.requestsPerSecond,
    loginsPerSecond: settings.loginsPerSecond,
    timeline: metrics.timeline.report(),
    environment: evidence.environment,
    startedAt: evidence.startedAt.toISOString(),
    durationMs: Math.round(evidence.durationMs),
  }
}

function operation(metrics: LoadMetrics, name: 'verify' | 'login' | 'logout'): OperationReport {
  const latencies = metrics[name]
  const tenths = (ms: number) => Math.round(ms * 10) / 10
  return {
    count: latencies.count,
    p50Ms: tenths(latencies.percentileMs(0.5)),
    p99Ms: tenths(latencies.percentileMs(0.99)),
    p999Ms: tenths(latencies.percentileMs(0.999)),
    longestMs: tenths(latencies.longestMs),
  }
}

/** The share of the scheduled verifications that a drill must have made to prove anything. */
const MIN_SHARE = 0.8

/** Why the drill would prove nothing, in one sentence each. */
function doubtsOf(evidence: DrillEvidence): string[] {
  const { settings, metrics } = evidence
  const problems = [...evidence.holes]
  const planned = (settings.requestsPerSecond * evidence.loadMs) / 1000
  if (metrics.verify.count < planned * MIN_SHARE) {
    problems.push(
      `Only ${metrics.verify.count} of ${Math.round(planned)} scheduled verifications were sent, too few for a verdict.`,
    )
  }
  if (!evidence.tookEffect) problems.push('The fault did not take effect, so the drill proves nothing.')
  if (evidence.plan.needsNewPrimary && evidence.newPrimaryMs === null) {
    problems.push('No replica was promoted, although this fault needs a new primary.')
  }
  if (evidence.loginsAfterFault === 0) problems.push('No login was acknowledged after the fault.')
  if (evidence.acknowledgedLogouts === 0) problems.push('No logout was acknowledged.')
  return [...problems, ...redisDoubts(evidence)]
}

function redisDoubts({ redis, writesAfterFault, loadMs }: DrillEvidence): string[] {
  if (redis === null) return []
  const planned = ((READS_PER_SECOND + WRITES_PER_SECOND) * loadMs) / 1000
  const { commands } = redis
  return [
    ...(commands < planned * MIN_SHARE
      ? [
          `Only ${commands} of ${Math.round(planned)} scheduled Redis commands were sent, too few for a verdict.`,
        ]
      : []),
    ...(writesAfterFault === 0 ? ['No write of a Redis client was acknowledged after the fault.'] : []),
  ]
}
