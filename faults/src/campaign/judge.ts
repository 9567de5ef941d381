import {
  type IsAffected,
  loginGapMs,
  type Measured,
  measureAvailability,
  verificationsOf,
} from '../checker/availability.ts'
import { checkHistory } from '../checker/check.ts'
import { countRun } from '../checker/counts.ts'
import type { FinalReading } from '../checker/final-state.ts'
import { checkKeys, isKeyRead, isKeyWrite, UNCERTAIN } from '../checker/keys/check-keys.ts'
import type { FinalKeyReading, KeyRuleName } from '../checker/keys/rule.ts'
import type { RuleName, Violation } from '../checker/rule.ts'
import { findVacuity, MIN_COUNTS, MIN_KEY_COUNTS } from '../checker/vacuity.ts'
import { type Call, status } from '../history/calls.ts'
import { type HistoryEvent, UNEXPECTED_ERROR } from '../history/events.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { isProduct } from '../systems/system.ts'
import type { FaultSpan } from '../testbed/timeline.ts'
import type { FoundViolation, RunResult } from './result.ts'

/** A fault includes the failover that it causes, and the time that an isolated server needs to recover. */
const AFTERMATH_MS = 4000
const LOST = new Set<RuleName>(['S1-lost-login', 'final-disagreement'])
const UNDONE = new Set<RuleName>(['S2-undone-revocation', 'S2-kept-by-rotation', 'S2-active-again'])
const LOST_WRITES = new Set<KeyRuleName>(['P1-lost-write', 'final-disagreement'])
const DONE_TWICE = new Set<KeyRuleName>(['P2-done-twice', 'P6-refused-but-done'])

interface Evidence<Reading> {
  plan: RunPlan
  events: readonly HistoryEvent[]
  readings: readonly Reading[]
  spans: readonly FaultSpan[]
  longestStallMs: number
  tookMs: number
}

export type RunEvidence = Evidence<FinalReading>
export type KeyRunEvidence = Evidence<FinalKeyReading>

/** Judges a run of a login system by its evidence. This function is pure. */
export function judge(evidence: RunEvidence): RunResult {
  const { plan, events, readings, spans } = evidence
  const { leaseMs, idleMs, clockErrorMs } = plan
  const verdict = checkHistory(events, readings, { leaseMs, defaultIdleMs: idleMs, clockErrorMs })
  const { calls, histories, violations } = verdict
  const counts = countRun(calls, histories, confirmed(spans))
  return {
    ...commonResult(
      evidence,
      calls,
      verificationsOf(histories),
      ({ invoke }) => invoke.operation === 'issue',
    ),
    violations: violations.map(toFound),
    lost: countTokens(violations, LOST),
    undone: countTokens(violations, UNDONE),
    longestStalenessMs: verdict.longestStalenessMs,
    counts,
    keys: null,
    vacuous: findVacuity(counts, minCounts(plan)),
  }
}

/** Judges a run of plain Redis clients by its evidence. This function is pure. */
export function judgeKeys(evidence: KeyRunEvidence): RunResult {
  const { plan, events, readings, spans } = evidence
  const { calls, violations, counts, longestStalenessMs } = checkKeys(events, readings, plan)
  const confirmedFaults = confirmed(spans)
  const count = (rules: ReadonlySet<KeyRuleName>) => violations.filter(({ rule }) => rules.has(rule)).length
  return {
    ...commonResult(evidence, calls, COMMANDS, isKeyWrite),
    violations: violations.map(({ rule, key, message }) => ({ rule, token: key, message })),
    lost: count(LOST_WRITES),
    undone: count(DONE_TWICE),
    longestStalenessMs,
    counts: countRun([], new Map(), confirmedFaults),
    keys: counts,
    vacuous: findVacuity<keyof typeof MIN_KEY_COUNTS>({ ...counts, confirmedFaults }, MIN_KEY_COUNTS),
  }
}

/** The answer of Redis to a write while the memory of the whole data centre is full. No proxy can change that. */
const FULL_MEMORY = 'OOM'

/** Every command of a plain client is answered, and no connection ends. Writes that are known to be uncertain count apart. */
const COMMANDS: Measured = {
  isMeasured: (call) => isKeyWrite(call) || isKeyRead(call) || call.invoke.operation === 'stay',
  hasFailed: (call) => status(call) !== 'ok' && call.completion?.error !== FULL_MEMORY,
  isUndecided: ({ completion }) => completion?.error === UNCERTAIN,
}

const confirmed = (spans: readonly FaultSpan[]) => spans.filter((span) => span.confirmed).length

function commonResult(
  { plan, events, spans, longestStallMs, tookMs }: Evidence<unknown>,
  calls: readonly Call[],
  measured: Measured,
  isWrite: (call: Call) => boolean,
) {
  const isAffected: IsAffected = (worker, period) =>
    spans.some(
      ({ affected, fromMs, toMs }) =>
        affected.includes(worker) && period.toMs >= fromMs && period.fromMs <= toMs + AFTERMATH_MS,
    )
  const withAftermath = spans.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + AFTERMATH_MS }))
  const availability = measureAvailability(calls, measured, withAftermath, isAffected)
  return {
    plan,
    broken: isProduct(plan.system) || plan.system === 'plain-wait' ? firstUnexpectedError(events) : null,
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
      const gapMs = loginGapMs(calls, { fromMs: span.fromMs, toMs: span.toMs }, isAffected, isWrite)
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
  return isProduct(plan.system) ? MIN_COUNTS : { ...MIN_COUNTS, issues: 5, revocations: 1 }
}

function countTokens(violations: readonly Violation[], rules: ReadonlySet<RuleName>): number {
  return new Set(violations.filter(({ rule }) => rules.has(rule)).map(({ token }) => token)).size
}
