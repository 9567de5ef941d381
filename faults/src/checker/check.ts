import { type Call, joinCalls } from '../history/calls.ts'
import type { HistoryEvent } from '../history/events.ts'
import { type FinalReading, findFinalDisagreement } from './final-state.ts'
import type { CheckerOptions, Violation } from './rule.ts'
import { findActiveAfterExpiry } from './rules/active-after-expiry.ts'
import { findActiveAgain } from './rules/active-again.ts'
import { findLostLogin } from './rules/lost-login.ts'
import { findLostUpdate } from './rules/lost-update.ts'
import { findNeverIssued } from './rules/never-issued.ts'
import { findRefusedTouch } from './rules/refused-touch.ts'
import { findUndoneRevocation, stalenessMs } from './rules/undone-revocation.ts'
import { gatherHistories, type TokenHistory } from './token-history.ts'

export interface Verdict {
  calls: Call[]
  histories: Map<string, TokenHistory>
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
  const histories = gatherHistories(calls, options.defaultIdleMs)
  const violations: Violation[] = findRefusedTouch(calls)
  let longestStalenessMs = 0
  for (const history of histories.values()) {
    violations.push(
      ...findLostLogin(history, options),
      ...findUndoneRevocation(history, options),
      ...findActiveAgain(history, options),
      ...findNeverIssued(history),
      ...findActiveAfterExpiry(history, options),
      ...findLostUpdate(history, histories, options),
    )
    longestStalenessMs = Math.max(longestStalenessMs, stalenessMs(history))
  }
  for (const reading of finalReadings) {
    const history = histories.get(reading.token)
    if (history !== undefined) violations.push(...findFinalDisagreement(history, reading, options))
  }
  return { calls, histories, violations, longestStalenessMs }
}
