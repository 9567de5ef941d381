import { type Call, joinCalls } from '../history/calls.ts'
import type { HistoryEvent } from '../history/events.ts'
import { gatherFacts, type TokenFacts } from './facts.ts'
import { type FinalReading, findFinalDisagreement } from './final-state.ts'
import type { CheckerOptions } from './options.ts'
import { findActiveAgain } from './rules/active-again.ts'
import { findLostLogin } from './rules/lost-login.ts'
import { findLostUpdate } from './rules/lost-update.ts'
import { findNeverIssued } from './rules/never-issued.ts'
import { findOutlived } from './rules/outlived.ts'
import { findRefusedTouch } from './rules/refused-touch.ts'
import { findUndoneRevocation, stalenessMs } from './rules/undone-revocation.ts'
import type { Violation } from './violation.ts'

export interface Verdict {
  calls: Call[]
  facts: Map<string, TokenFacts>
  violations: Violation[]
  /** The longest time after an acknowledged revocation at which a server still answered *active*. */
  longestStalenessMs: number
}

/**
 * Checks S1, S2 and S3 for a whole history, one token at a time, because tokens do not depend on each other. A call
 * with an unknown outcome (`info`) never counts as not run. Throws `MalformedHistoryError`.
 */
export function checkHistory(
  events: readonly HistoryEvent[],
  finalReadings: readonly FinalReading[],
  options: CheckerOptions,
): Verdict {
  const calls = joinCalls(events)
  const facts = gatherFacts(calls, options.defaultIdleMs)
  const violations: Violation[] = findRefusedTouch(calls)
  let longestStalenessMs = 0
  for (const fact of facts.values()) {
    violations.push(
      ...findLostLogin(fact, options),
      ...findUndoneRevocation(fact, options),
      ...findActiveAgain(fact, options),
      ...findNeverIssued(fact),
      ...findOutlived(fact, options),
      ...findLostUpdate(fact, facts, options),
    )
    longestStalenessMs = Math.max(longestStalenessMs, stalenessMs(fact))
  }
  for (const reading of finalReadings) {
    const fact = facts.get(reading.token)
    if (fact !== undefined) violations.push(...findFinalDisagreement(fact, reading, options))
  }
  return { calls, facts, violations, longestStalenessMs }
}
