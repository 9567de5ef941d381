import { runDrill } from '../drill.ts'
import { endsSeries } from '../errors.ts'
import type { EndedConnections } from '../faults/plan.ts'
import type { DrillOptions } from '../options.ts'
import type { DrillReport } from '../report.ts'

/** What `holdfast drill --repeat N --json` prints. */
export interface RepeatReport {
  ok: boolean
  /** Why it is not ok, in one sentence each, with the run's number before it. */
  problems: string[]
  runs: DrillReport[]
  summary: RepeatSummary
}

/** Times in milliseconds. */
export interface RepeatSummary {
  runs: number
  /** Runs in which every objective was met. */
  okRuns: number
  requests: number
  failedRequests: number
  loggedOut: number
  missingAcknowledged: number
  undoneLogouts: number
  verificationP99: Spread
  verificationP999: Spread
  longestVerify: Spread
  longestLogin: Spread
  ownDelay: Spread
  /** Null when no run had a new primary. */
  newPrimary: Spread | null
  acknowledging: Spread | null
  /** Null when the fault was not an operation. */
  operation: Spread | null
  /** The duration of a whole run, from its check to its audit. */
  duration: Spread
  /** Summed over all runs; null when they were not counted. */
  connections: EndedConnections | null
}

export interface Spread {
  leastMs: number
  medianMs: number
  mostMs: number
}

/**
 * Runs the same drill several times, one after the other. When one cannot run, the series ends early and reports that.
 * Each run takes the lock and opens the data centre again, because a rotation changes its passwords.
 *
 * Throws what {@link runDrill} throws in the first one, and `DRILL_ABORTED`.
 */
export async function repeatDrill(
  options: DrillOptions,
  times: number,
  onReport: (report: DrillReport, number: number) => void,
): Promise<RepeatReport> {
  const runs: DrillReport[] = []
  const problems: string[] = []
  for (let number = 1; number <= times; number++) {
    try {
      const report = await runDrill(options)
      runs.push(report)
      problems.push(...report.problems.map((problem) => `Run ${number}: ${problem}`))
      onReport(report, number)
    } catch (error) {
      if (number === 1 || !endsSeries(error)) throw error
      problems.push(`Run ${number}: ${error.message}`)
      break
    }
  }
  return { ok: problems.length === 0, problems, runs, summary: summarizeDrills(runs) }
}

/** All runs of one drill together. Pure. */
export function summarizeDrills(runs: readonly DrillReport[]): RepeatSummary {
  const sum = (read: (report: DrillReport) => number) => runs.reduce((total, run) => total + read(run), 0)
  const spread = (read: (report: DrillReport) => number) => spreadOf(runs.map(read))
  const present = (values: (number | null)[]) => {
    const numbers = values.filter((value) => value !== null)
    return numbers.length === 0 ? null : spreadOf(numbers)
  }
  return {
    runs: runs.length,
    okRuns: runs.filter(({ ok }) => ok).length,
    requests: sum((run) => run.requests),
    failedRequests: sum((run) => run.failedRequests),
    loggedOut: sum((run) => run.loggedOut),
    missingAcknowledged: sum((run) => run.missingAcknowledged),
    undoneLogouts: sum((run) => run.undoneLogouts),
    verificationP99: spread((run) => run.verifications.p99Ms),
    verificationP999: spread((run) => run.verifications.p999Ms),
    longestVerify: spread((run) => run.longestVerifyMs),
    longestLogin: spread((run) => run.longestLoginMs),
    ownDelay: spread((run) => run.ownDelayMs),
    newPrimary: present(runs.map((run) => run.newPrimaryMs)),
    acknowledging: present(runs.map((run) => run.acknowledgingMs)),
    operation: present(runs.map((run) => run.operationMs)),
    duration: spread((run) => run.durationMs),
    connections: sumOf(runs.flatMap((run) => run.connections ?? [])),
  }
}

function sumOf(counts: readonly EndedConnections[]): EndedConnections | null {
  if (counts.length === 0) return null
  return counts.reduce((sum, one) => ({ before: sum.before + one.before, ended: sum.ended + one.ended }))
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    leastMs: sorted[0] ?? 0,
    medianMs: sorted[Math.ceil(sorted.length / 2) - 1] ?? 0,
    mostMs: sorted.at(-1) ?? 0,
  }
}
