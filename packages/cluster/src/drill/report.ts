import type { DrillFault, DrillSettings } from './options.ts'
import type { Failure, Tally } from './tally.ts'

/** What `holdfast drill --json` prints. Times in milliseconds. */
export interface DrillReport {
  /** True when nobody noticed the fault, and the run proved it. */
  ok: boolean
  /** Why it is not ok, in one sentence each. */
  problems: string[]
  fault: DrillFault & { victim: string; pauseMs?: number }
  /** Verifications, logins and log-outs. */
  requests: number
  failedRequests: number
  failedVerifications: number
  failedLogins: number
  failedLogouts: number
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
  /** UTC, ISO 8601. */
  startedAt: string
  durationMs: number
}

export interface OperationReport {
  count: number
  p50Ms: number
  p99Ms: number
  longestMs: number
}

/** Everything that was seen in a drill. */
export interface DrillEvidence {
  settings: DrillSettings
  victim: string
  tally: Tally
  startedAt: Date
  durationMs: number
  /** How long the users worked (in milliseconds), not counting the logins at the beginning. */
  loadMs: number
  tookEffect: boolean
  needsNewPrimary: boolean
  newPrimaryMs: number | null
  acknowledgingMs: number | null
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

/** Judges a drill. Pure. */
export function judge(evidence: DrillEvidence): DrillReport {
  const { settings, tally, missingIds, loggedOutIds, undoneIds } = evidence
  const problems = problemsOf(evidence)
  return {
    ok: problems.length === 0,
    problems,
    fault: {
      ...settings.fault,
      victim: evidence.victim,
      ...(settings.fault.action === 'pause' ? { pauseMs: settings.pauseMs } : {}),
    },
    requests: tally.requests,
    failedRequests: tally.failedRequests,
    failedVerifications: tally.failed.verify,
    failedLogins: tally.failed.login,
    failedLogouts: tally.failed.logout,
    loggedOut: loggedOutIds.size,
    missingAcknowledged: missingIds.size,
    undoneLogouts: undoneIds.size,
    longestVerifyMs: Math.round(tally.verify.longestMs),
    longestLoginMs: Math.round(tally.login.longestMs),
    ownDelayMs: Math.round(tally.ownDelayMs),
    newPrimaryMs: evidence.newPrimaryMs,
    acknowledgingMs: evidence.acknowledgingMs,
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
    longestMs: tenths(latencies.longestMs),
  }
}

/** Verifications that a run must have made to prove anything: this share of what the pace asks for. */
const LEAST_SHARE = 0.8

function problemsOf(evidence: DrillEvidence): string[] {
  const { settings, tally } = evidence
  const problems: string[] = []
  const count = (number: number, sentence: string) => {
    if (number > 0) problems.push(`${number} ${sentence}`)
  }
  count(tally.failed.verify, 'verifications failed.')
  count(tally.failed.login, 'logins failed.')
  count(tally.failed.logout, 'log-outs failed.')
  count(evidence.loggedOutIds.size, 'users were logged out for no reason.')
  count(evidence.missingIds.size, 'acknowledged logins are missing.')
  count(evidence.undoneIds.size, 'acknowledged log-outs were undone.')
  problems.push(...evidence.holes)

  const planned = (settings.requestsPerSecond * evidence.loadMs) / 1000
  if (tally.verify.count < planned * LEAST_SHARE) {
    problems.push(
      `Only ${tally.verify.count} of ${Math.round(planned)} planned verifications were made: too few to prove anything.`,
    )
  }
  if (!evidence.tookEffect) problems.push('The fault did not take effect: nothing was proved.')
  if (evidence.needsNewPrimary && evidence.newPrimaryMs === null) {
    problems.push('No new primary was chosen, and one was due.')
  }
  if (evidence.loginsAfterFault === 0) problems.push('No login was acknowledged after the fault.')
  if (evidence.acknowledgedLogouts === 0) problems.push('No log-out was acknowledged.')
  return problems
}
