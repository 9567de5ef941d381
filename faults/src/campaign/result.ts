import type { RunCounts } from '../checker/counts.ts'
import type { LatencyHistogram } from '../checker/latency.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { FaultSpan, TimelineEntry } from '../site/timeline.ts'
import type { Picture } from './picture.ts'

/** A violation as a report shows it. */
export interface FoundViolation {
  rule: string
  token: string
  message: string
}

/** What came of one run. */
export interface RunResult {
  plan: RunPlan
  /** Why the run itself went wrong, or null. Then nothing else is said. */
  broken: string | null
  violations: FoundViolation[]
  /** Acknowledged logins lost, and acknowledged revocations undone beyond L: tokens, not answers. */
  lost: number
  undone: number
  longestStalenessMs: number
  counts: RunCounts
  /** Why the run proves nothing; empty when it does. */
  vacuous: string[]
  spans: FaultSpan[]
  /** Verifications while a fault was on, on servers that none touched. */
  verifications: number
  failedVerifications: number
  failedWindows: number
  latencies: LatencyHistogram
  longestVerificationMs: number
  worstSecondMs: number
  /** Verifications of sessions whose log-out was under way all the while, and those of them that failed. */
  undecided: number
  undecidedFailed: number
  /** The longest stretch without a login, one a fault (in milliseconds). */
  loginGaps: { fault: string; ofPrimary: boolean; gapMs: number }[]
  /** The longest that a server of this campaign stood still by itself (in milliseconds). */
  longestStallMs: number
  operations: number
  tookMs: number
}

export interface RunRecord {
  result: RunResult
  timeline: TimelineEntry[]
  picture: Picture
}

/** What a run shows, the worst first. */
export type Outcome = 'broken' | 'violation' | 'unavailable' | 'vacuous' | 'green'

/** Judged by what the plan promised before the run. */
export function outcomeOf({ broken, plan, violations, failedVerifications, vacuous }: RunResult): Outcome {
  if (broken !== null) return 'broken'
  if (plan.promises.safety && violations.length > 0) return 'violation'
  if (plan.promises.verifications && failedVerifications > 0) return 'unavailable'
  return vacuous.length > 0 ? 'vacuous' : 'green'
}

/** A control is red when anything went wrong at all: something lost, undone, or a user who saw an error. */
export function isRed({ broken, violations, failedVerifications }: RunResult): boolean {
  return broken === null && (violations.length > 0 || failedVerifications > 0)
}
