import type { FaultCase } from '../cases/case.ts'
import { findCase } from '../cases/cases.ts'
import type { RunCounts } from '../checker/counts.ts'
import type { KeyCounts } from '../checker/keys/check-keys.ts'
import type { LatencyHistogram } from '../checker/latency.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { isProduct, type SystemName } from '../systems/system.ts'
import type { FaultSpan, TimelineEntry } from '../testbed/timeline.ts'
import type { Picture } from './picture.ts'

/** A violation as a report shows it. */
export interface FoundViolation {
  rule: string
  token: string
  message: string
}

/** The result of one run. */
export interface RunResult {
  plan: RunPlan
  /** Why the run itself failed, or null. If it is set, the other fields mean nothing. */
  broken: string | null
  violations: FoundViolation[]
  /**
   * Lost acknowledged logins, and acknowledged revocations undone beyond L. Both count tokens, not answers. With plain
   * clients: signs of lost writes, and of writes that were done twice or although they were refused.
   */
  lost: number
  undone: number
  longestStalenessMs: number
  counts: RunCounts
  /** What plain clients saw, or null for a login system. */
  keys: KeyCounts | null
  /** Why the run proves nothing. Empty when it proves something. */
  vacuous: string[]
  spans: FaultSpan[]
  /** Verifications, or commands of plain clients, during a fault, on servers that no fault affected. */
  verifications: number
  failedVerifications: number
  failedWindows: number
  latencies: LatencyHistogram
  longestVerificationMs: number
  worstSecondMs: number
  /**
   * Verifications during which a logout of the session was in progress, and those of them that failed; of plain clients:
   * commands that the proxy called uncertain.
   */
  undecided: number
  undecidedFailed: number
  /** The longest period without a login, one entry per fault (in milliseconds). */
  loginGaps: { fault: string; ofPrimary: boolean; gapMs: number }[]
  /** The longest time that a server of this campaign stalled without a fault (in milliseconds). */
  longestStallMs: number
  operations: number
  tookMs: number
}

export interface RunRecord {
  result: RunResult
  timeline: TimelineEntry[]
  picture: Picture
}

/** The verdict on a run, from the worst to the best. */
export type Outcome = 'broken' | 'violation' | 'unavailable' | 'vacuous' | 'green'

/** Judges a run by the promises that its plan made before the run. */
export function outcomeOf({ broken, plan, violations, failedVerifications, vacuous }: RunResult): Outcome {
  if (broken !== null) return 'broken'
  if (plan.promises.safety && violations.length > 0) return 'violation'
  if (plan.promises.verifications && failedVerifications > 0) return 'unavailable'
  return vacuous.length > 0 ? 'vacuous' : 'green'
}

/** A control is red when anything went wrong: a lost login, an undone revocation, or an error that a user saw. */
export function isRed({ broken, violations, failedVerifications }: RunResult): boolean {
  return broken === null && (violations.length > 0 || failedVerifications > 0)
}

/** Whether a run had the required result: the product green, the controls red on the cases that are made for them. */
export function isExpected(result: RunResult): boolean {
  if (result.broken !== null) return false
  const { plan } = result
  const scripted = plan.scripted === null ? null : findCase(plan.scripted)
  if (isProduct(plan.system))
    return mustFail(scripted, plan.system) ? isRed(result) : outcomeOf(result) === 'green'
  return scripted?.failingControls.includes(plan.system) ? isRed(result) : true
}

function mustFail(scripted: FaultCase | null, system: SystemName): boolean {
  if (scripted === null) return false
  return system === 'proxy' ? scripted.limitOfProxy !== undefined : scripted.expectViolation === true
}
