import type { CheckerOptions, Violation } from '../rule.ts'
import type { TokenHistory } from '../token-history.ts'

/**
 * S2. After a server has answered *inactive (revoked)*, no server may answer *active* to a question that a client
 * sends later than L. This holds whether or not the revocation was acknowledged by then.
 */
export function findActiveAgain(history: TokenHistory, { leaseMs }: CheckerOptions): Violation[] {
  let first: TokenHistory['observations'][number] | null = null
  for (const seen of history.observations) {
    if (seen.state !== 'inactive' || seen.reason !== 'revoked') continue
    if (first === null || seen.endedMs < first.endedMs) first = seen
  }
  if (first === null) return []
  const revoked = first
  return history.observations.flatMap((seen): Violation[] => {
    const lateMs = seen.invokedMs - revoked.endedMs
    if (seen.state !== 'active' || lateMs <= leaseMs) return []
    return [
      {
        rule: 'S2-active-again',
        token: history.token,
        message: `A server answered active ${Math.round(lateMs)} ms after a server had answered revoked.`,
        calls: [revoked.call, seen.call],
      },
    ]
  })
}
