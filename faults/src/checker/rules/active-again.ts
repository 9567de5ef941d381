import type { TokenFacts } from '../facts.ts'
import type { CheckerOptions } from '../options.ts'
import type { Violation } from '../violation.ts'

/**
 * S2. After a server has answered *inactive (revoked)*, no server may answer *active* to a question that a client
 * sends later than L. This holds whether or not the revocation was acknowledged by then.
 */
export function findActiveAgain(facts: TokenFacts, { leaseMs }: CheckerOptions): Violation[] {
  let first: TokenFacts['observations'][number] | null = null
  for (const seen of facts.observations) {
    if (seen.says !== 'inactive' || seen.reason !== 'revoked') continue
    if (first === null || seen.endedMs < first.endedMs) first = seen
  }
  if (first === null) return []
  const revoked = first
  return facts.observations.flatMap((seen): Violation[] => {
    const lateMs = seen.invokedMs - revoked.endedMs
    if (seen.says !== 'active' || lateMs <= leaseMs) return []
    return [
      {
        rule: 'S2-active-again',
        token: facts.token,
        message: `A server answered active ${Math.round(lateMs)} ms after a server had answered revoked.`,
        calls: [revoked.call, seen.call],
      },
    ]
  })
}
