import { loginGapMs, measureAvailability } from '../checker/availability.ts'
import { checkHistory } from '../checker/check.ts'
import { countRun } from '../checker/counts.ts'
import type { FinalReading } from '../checker/final-state.ts'
import type { Violation } from '../checker/rule.ts'
import { findVacuity, MIN_COUNTS } from '../checker/vacuity.ts'
import { type HistoryEvent, UNEXPECTED_ERROR } from '../history/events.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { FaultSpan } from '../testbed/timeline.ts'
import type { FoundViolation, RunResult } from './result.ts'

/** A fault includes the failover that it causes, and the time that an isolated server needs to recover. */
const AFTERMATH_MS = 4000
const LOST = new Set(['S1-lost-login', 'final-disagreement'])
const UNDONE = new Set(['S2-undone-revocation', 'S2-kept-by-rotation', 'S2-active-again'])

export interface RunEvidence {
  plan: RunPlan
  events: readonly HistoryEvent[]
  readings: readonly FinalReading[]
  spans: readonly FaultSpan[]
  longestStallMs: number
  tookMs: number
}

/** Judges a run by its evidence. This function is pure. */
export function judge(evidence: RunEvidence): RunResult {
  const { plan, events, readings, spans, longestStallMs, tookMs } = evidence
  const { leaseMs, idleMs, clockErrorMs } = plan
  const verdict = checkHistory(events, readings, { leaseMs, defaultIdleMs: idleMs, clockErrorMs })
  const { calls, histories, violations } = verdict
  const isAffected = (worker: string, atMs: number) =>
    spans.some(
      ({ affected, fromMs, toMs }) =>
        affected.includes(worker) && atMs >= fromMs && atMs <= toMs + AFTERMATH_MS,
    )
  const withAftermath = spans.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + AFTERMATH_MS }))
  const availability = measureAvailability(calls, histories, withAftermath, isAffected)
  const counts = countRun(calls, histories, spans.filter(({ confirmed }) => confirmed).length)
  return {
    plan,
    broken: plan.system === 'connect-redis' ? null : firstUnexpectedError(events),
    violations: violations.map(toFound),
    lost: countTokens(violations, LOST),
    undone: countTokens(violations, UNDONE),
    longestStalenessMs: verdict.longestStalenessMs,
    counts,
    vacuous: findVacuity(counts, minCounts(plan)),
    spans: [...spans],
    verifications: availability.verifications,
    failedVerifications: availability.failed,
    failedWindows: availability.failedWindows,
    latencies: availability.latencies,
    longestVerificationMs: availability.longestMs,
    worstSecondMs: availability.worstSecondMs,
    undecided: availability.undecided,
    undecidedFailed: availability.undecidedFailed,
    loginGaps: spans.flatMap((span) => {
      const gapMs = loginGapMs(calls, { fromMs: span.fromMs, toMs: span.toMs }, isAffected)
      return gapMs === null ? [] : [{ fault: span.fault, ofPrimary: span.ofPrimary, gapMs }]
    }),
    longestStallMs,
    operations: calls.length,
    tookMs,
  }
}

function toFound({ rule, token, message }: Violation): FoundViolation {
  return { rule, token, message }
}

/** The product throws only its own errors. Any other error is a defect of the product or of the campaign. */
function firstUnexpectedError(events: readonly HistoryEvent[]): string | null {
  for (const event of events) {
    if (event.type !== 'invoke' && event.error?.startsWith(UNEXPECTED_ERROR)) return event.error
  }
  return null
}

/** Controls and short hiccups may show less, because for them only the presence of a failure matters. */
function minCounts(plan: RunPlan): typeof MIN_COUNTS {
  return plan.system === 'holdfast' ? MIN_COUNTS : { ...MIN_COUNTS, issues: 5, revocations: 1 }
}

function countTokens(violations: readonly Violation[], rules: ReadonlySet<string>): number {
  return new Set(violations.filter(({ rule }) => rules.has(rule)).map(({ token }) => token)).size
}
