import { measureAvailability } from '../checker/availability.ts'
import { checkHistory } from '../checker/check.ts'
import { countRun } from '../checker/counts.ts'
import type { FinalReading } from '../checker/final-state.ts'
import { loginGapMs } from '../checker/login-gap.ts'
import { findVacuity, LEAST_COUNTS } from '../checker/vacuity.ts'
import type { Violation } from '../checker/violation.ts'
import { type HistoryEvent, UNFORESEEN } from '../history/events.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { FaultSpan } from '../site/timeline.ts'
import type { FoundViolation, RunResult } from './result.ts'

/** A fault includes the failover that it causes, and the time that an isolated server needs to recover. */
const AFTERMATH_MS = 4000
const LOST = new Set(['S1-lost-login', 'final-disagreement'])
const UNDONE = new Set(['S2-undone-revocation', 'S2-kept-by-rotation', 'S2-active-again'])

export interface Evidence {
  plan: RunPlan
  events: readonly HistoryEvent[]
  readings: readonly FinalReading[]
  spans: readonly FaultSpan[]
  longestStallMs: number
  tookMs: number
}

/** Judges a run by its evidence. This function is pure. */
export function judge(evidence: Evidence): RunResult {
  const { plan, events, readings, spans, longestStallMs, tookMs } = evidence
  const { leaseMs, idleMs, clockErrorMs } = plan
  const verdict = checkHistory(events, readings, { leaseMs, defaultIdleMs: idleMs, clockErrorMs })
  const { calls, facts, violations } = verdict
  const isTouched = (worker: string, atMs: number) =>
    spans.some(
      ({ touched, fromMs, toMs }) =>
        touched.includes(worker) && atMs >= fromMs && atMs <= toMs + AFTERMATH_MS,
    )
  const withAftermath = spans.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + AFTERMATH_MS }))
  const availability = measureAvailability(calls, facts, withAftermath, isTouched)
  const counts = countRun(calls, facts, spans.filter(({ confirmed }) => confirmed).length)
  return {
    plan,
    broken: plan.system === 'connect-redis' ? null : firstUnforeseen(events),
    violations: violations.map(toFound),
    lost: countTokens(violations, LOST),
    undone: countTokens(violations, UNDONE),
    longestStalenessMs: verdict.longestStalenessMs,
    counts,
    vacuous: findVacuity(counts, leastCounts(plan)),
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
      const gapMs = loginGapMs(calls, { fromMs: span.fromMs, toMs: span.toMs }, isTouched)
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
function firstUnforeseen(events: readonly HistoryEvent[]): string | null {
  for (const event of events) {
    if (event.type !== 'invoke' && event.error?.startsWith(UNFORESEEN)) return event.error
  }
  return null
}

/** Controls and short hiccups may show less, because for them only the presence of a failure matters. */
function leastCounts(plan: RunPlan): typeof LEAST_COUNTS {
  return plan.system === 'holdfast' ? LEAST_COUNTS : { ...LEAST_COUNTS, issues: 5, revocations: 1 }
}

function countTokens(violations: readonly Violation[], rules: ReadonlySet<string>): number {
  return new Set(violations.filter(({ rule }) => rules.has(rule)).map(({ token }) => token)).size
}
