import type { DrillEnvironment } from './environment.ts'
import type { EndedConnections, FaultPlan } from './faults/plan.ts'
import type { Measured, OperationReport } from './measured.ts'
import { compare, missedText, type ObjectiveResult, type ObjectivesFile } from './objectives/objectives.ts'
import type { DrillSettings } from './options.ts'
import type { Tally } from './tally.ts'

/** What `holdfast drill --json` prints: what was measured, and the verdict on it. */
export interface DrillReport extends Measured {
  /** True when every objective was met, and the run proved it. */
  ok: boolean
  /** Why it is not ok, in one sentence each. */
  problems: string[]
  /** What was asked, and what was measured. */
  objectives: ObjectiveResult[]
}

/** Everything that was seen in a drill. */
export interface DrillEvidence {
  id: string
  settings: DrillSettings
  objectives: ObjectivesFile
  environment: DrillEnvironment
  plan: Pick<FaultPlan, 'victim' | 'text' | 'done' | 'needsNewPrimary'>
  tally: Tally
  startedAt: Date
  durationMs: number
  /** How long the users worked (in milliseconds), not counting the logins at the beginning. */
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
  loggedOutIds: ReadonlySet<string>
  missingIds: ReadonlySet<string>
  undoneIds: ReadonlySet<string>
  audited: { primary: number; gateways: number }
  /** What could not be checked, in one sentence each. */
  holes: readonly string[]
}

const MOST_IDS = 10

/** Beyond this the machine was too busy to blame anybody for a wait (in milliseconds). */
const MOST_OWN_DELAY_MS = 200

/** Judges a drill. Pure. INV-DRILL-3. */
export function judge(evidence: DrillEvidence): DrillReport {
  const measured = measure(evidence)
  const objectives = compare(evidence.objectives, measured)
  const missed = objectives.filter(({ met }) => !met)
  const problems = [...missed.map(missedText), ...doubtsOf(evidence)]
  if (missed.some(({ unit }) => unit === 'ms') && measured.ownDelayMs > MOST_OWN_DELAY_MS) {
    problems.push(
      `The drill itself was held up for up to ${measured.ownDelayMs} ms: some of the waits may be its own.`,
    )
  }
  return { ok: problems.length === 0, problems, objectives, ...measured }
}

function measure(evidence: DrillEvidence): Measured {
  const { settings, tally, plan, missingIds, loggedOutIds, undoneIds } = evidence
  return {
    id: evidence.id,
    fault: {
      ...settings.fault,
      victim: plan.victim.name,
      lastsMs: settings.lastsMs,
      text: plan.text,
      done: plan.done,
    },
    requests: tally.requests,
    failedRequests: tally.failedRequests,
    failedVerifications: tally.failed.verify,
    failedLogins: tally.failed.login,
    failedLogouts: tally.failed.logout,
    refusedLogins: tally.refusedLogins,
    loggedOut: loggedOutIds.size,
    missingAcknowledged: missingIds.size,
    undoneLogouts: undoneIds.size,
    longestVerifyMs: Math.round(tally.verify.longestMs),
    longestLoginMs: Math.round(tally.login.longestMs),
    ownDelayMs: Math.round(tally.ownDelayMs),
    newPrimaryMs: evidence.newPrimaryMs,
    acknowledgingMs: evidence.acknowledgingMs,
    operationMs: evidence.operationMs,
    connections: evidence.connections,
    primary: evidence.primary,
    verifications: operation(tally, 'verify'),
    logins: operation(tally, 'login'),
    logouts: operation(tally, 'logout'),
    missingIds: [...missingIds].slice(0, MOST_IDS),
    loggedOutIds: [...loggedOutIds].slice(0, MOST_IDS),
    undoneIds: [...undoneIds].slice(0, MOST_IDS),
    audited: evidence.audited,
    servers: Object.fromEntries([...tally.servers].toSorted(([a], [b]) => a.localeCompare(b))),
    failures: tally.samples,
    users: settings.users,
    requestsPerSecond: settings.requestsPerSecond,
    loginsPerSecond: settings.loginsPerSecond,
    timeline: tally.timeline.report(),
    environment: evidence.environment,
    startedAt: evidence.startedAt.toISOString(),
    durationMs: Math.round(evidence.durationMs),
  }
}

function operation(tally: Tally, name: 'verify' | 'login' | 'logout'): OperationReport {
  const latencies = tally[name]
  const tenths = (ms: number) => Math.round(ms * 10) / 10
  return {
    count: latencies.count,
    p50Ms: tenths(latencies.percentileMs(0.5)),
    p99Ms: tenths(latencies.percentileMs(0.99)),
    p999Ms: tenths(latencies.percentileMs(0.999)),
    longestMs: tenths(latencies.longestMs),
  }
}

/** Verifications that a run must have made to prove anything: this share of what the pace asks for. */
const LEAST_SHARE = 0.8

/** Why the run would prove nothing, in one sentence each. */
function doubtsOf(evidence: DrillEvidence): string[] {
  const { settings, tally } = evidence
  const problems = [...evidence.holes]
  const planned = (settings.requestsPerSecond * evidence.loadMs) / 1000
  if (tally.verify.count < planned * LEAST_SHARE) {
    problems.push(
      `Only ${tally.verify.count} of ${Math.round(planned)} planned verifications were made: too few to prove anything.`,
    )
  }
  if (!evidence.tookEffect) problems.push('The fault did not take effect: nothing was proved.')
  if (evidence.plan.needsNewPrimary && evidence.newPrimaryMs === null) {
    problems.push('No new primary was chosen, and one was due.')
  }
  if (evidence.loginsAfterFault === 0) problems.push('No login was acknowledged after the fault.')
  if (evidence.acknowledgedLogouts === 0) problems.push('No log-out was acknowledged.')
  return problems
}
