import { okMs } from '../../history/calls.ts'
import type { CheckerOptions, Violation } from '../rule.ts'
import type { Revocation, TokenHistory } from '../token-history.ts'

/**
 * S2 is violated if a server answers *active* to a question that a client sent later than L after a revocation was
 * acknowledged.
 */
export function findUndoneRevocation(history: TokenHistory, { leaseMs }: CheckerOptions): Violation[] {
  const revocation = firstAcknowledged(history)
  if (revocation === null) return []
  return history.observations.flatMap((seen): Violation[] => {
    const lateMs = seen.invokedMs - revocation.okMs
    if (seen.state !== 'active' || lateMs <= leaseMs) return []
    return [
      {
        rule: revocation.beforeRotation ? 'S2-kept-by-rotation' : 'S2-undone-revocation',
        token: history.token,
        message: `A server answered active ${Math.round(lateMs)} ms after the revocation was acknowledged.`,
        calls: [revocation.call, seen.call],
      },
    ]
  })
}

/** The longest time between an acknowledged revocation and a later question that a server answered with *active*. */
export function stalenessMs(history: TokenHistory): number {
  const revocation = firstAcknowledged(history)
  if (revocation === null) return 0
  let longest = 0
  for (const { state, invokedMs } of history.observations) {
    if (state === 'active') longest = Math.max(longest, invokedMs - revocation.okMs)
  }
  return longest
}

function firstAcknowledged({ revocations }: TokenHistory) {
  let first: { okMs: number; call: Revocation['call']; beforeRotation: boolean } | null = null
  for (const revocation of revocations) {
    if (revocation.okMs !== null && (first === null || revocation.okMs < first.okMs)) {
      first = {
        okMs: revocation.okMs,
        call: revocation.call,
        beforeRotation: revocation.beforeRotation === true,
      }
    }
  }
  return first
}

/** The number of questions that clients sent after a revocation of the token had been acknowledged. */
export function verificationsAfterRevocation(history: TokenHistory): number {
  const revocation = firstAcknowledged(history)
  if (revocation === null) return 0
  return history.observations.filter(
    (seen) => seen.invokedMs > revocation.okMs && okMs(seen.call) !== null && seen.call !== revocation.call,
  ).length
}
