import type { CheckerOptions, Violation } from '../rule.ts'
import type { TokenHistory } from '../token-history.ts'

/**
 * S3 is violated if a server answers *active* to a question that a client sent after the latest possible end of the
 * token. Every renewal that may have run counts, also a renewal that was never acknowledged.
 */
export function findActiveAfterExpiry(history: TokenHistory, { clockErrorMs }: CheckerOptions): Violation[] {
  const { issue, renewals, observations, token } = history
  if (issue === null) return []
  let next = 0
  let latestMs = Number.NEGATIVE_INFINITY
  return observations.flatMap((seen): Violation[] => {
    // Both lists are in the order of invocation.
    for (let renewal = renewals[next]; renewal !== undefined && renewal.invokedMs < seen.endedMs; ) {
      latestMs = Math.max(latestMs, renewal.latestMs + renewal.idleMs)
      next += 1
      renewal = renewals[next]
    }
    const lateMs = seen.invokedMs - latestMs - clockErrorMs
    if (seen.state !== 'active' || lateMs <= 0) return []
    return [
      {
        rule: 'S3-active-after-expiry',
        token,
        message: `A server answered active ${Math.round(lateMs)} ms after the latest possible end of the session.`,
        calls: [issue, seen.call],
      },
    ]
  })
}
