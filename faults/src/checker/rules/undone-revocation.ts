import { okMs } from '../../history/calls.ts'
import type { Revocation, TokenFacts } from '../facts.ts'
import type { CheckerOptions } from '../options.ts'
import type { Violation } from '../violation.ts'

/**
 * S2 is violated if a server answers *active* to a question that a client sent later than L after a revocation was
 * acknowledged.
 */
export function findUndoneRevocation(facts: TokenFacts, { leaseMs }: CheckerOptions): Violation[] {
  const revocation = firstAcknowledged(facts)
  if (revocation === null) return []
  return facts.observations.flatMap((seen): Violation[] => {
    const lateMs = seen.invokedMs - revocation.okMs
    if (seen.says !== 'active' || lateMs <= leaseMs) return []
    return [
      {
        rule: revocation.beforeRotation ? 'S2-kept-by-rotation' : 'S2-undone-revocation',
        token: facts.token,
        message: `A server answered active ${Math.round(lateMs)} ms after the revocation was acknowledged.`,
        calls: [revocation.call, seen.call],
      },
    ]
  })
}

/** The longest time between an acknowledged revocation and a later question that a server answered with *active*. */
export function stalenessMs(facts: TokenFacts): number {
  const revocation = firstAcknowledged(facts)
  if (revocation === null) return 0
  let longest = 0
  for (const { says, invokedMs } of facts.observations) {
    if (says === 'active') longest = Math.max(longest, invokedMs - revocation.okMs)
  }
  return longest
}

function firstAcknowledged({ revocations }: TokenFacts) {
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
export function verificationsAfterRevocation(facts: TokenFacts): number {
  const revocation = firstAcknowledged(facts)
  if (revocation === null) return 0
  return facts.observations.filter(
    (seen) => seen.invokedMs > revocation.okMs && okMs(seen.call) !== null && seen.call !== revocation.call,
  ).length
}
