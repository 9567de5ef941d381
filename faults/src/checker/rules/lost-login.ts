import { okMs } from '../../history/calls.ts'
import type { CheckerOptions, Violation } from '../rule.ts'
import type { Observation, Revocation, TokenHistory } from '../token-history.ts'

/**
 * S1 is violated if a server answers *inactive* for a token whose issue was acknowledged before the question. There
 * are two exceptions. A revocation that may have run was invoked before the answer, or the earliest possible end of
 * the token had passed.
 */
export function findLostLogin(history: TokenHistory, options: CheckerOptions): Violation[] {
  const { issue, revocations, observations } = history
  const issuedMs = issue === null ? null : okMs(issue)
  if (issue === null || issuedMs === null) return []
  const earliestEnd = earliestEndBefore(history, options)
  return observations.flatMap((seen): Violation[] => {
    if (seen.state !== 'inactive' || seen.invokedMs <= issuedMs) return []
    if (earliestEnd(seen) <= seen.endedMs || mayBeRevokedBy(seen, revocations)) return []
    return [
      {
        rule: 'S1-lost-login',
        token: history.token,
        message: `A server answered inactive (${seen.reason}) ${Math.round(seen.invokedMs - issuedMs)} ms after the issue was acknowledged, although no call had ended the session.`,
        calls: [issue, seen.call],
      },
    ]
  })
}

/** A logout also reports whether it found a live session. Its own revocation came after that, so it does not count. */
function mayBeRevokedBy(seen: Observation, revocations: Revocation[]): boolean {
  const [first, second] = revocations
  const earliest = first?.call === seen.call ? second : first
  return earliest !== undefined && earliest.invokedMs < seen.endedMs
}

/** The earliest possible end at the time of each question. The questions must come in the order of invocation. */
function earliestEndBefore(
  { renewals }: TokenHistory,
  { clockErrorMs }: CheckerOptions,
): (seen: Observation) => number {
  const acknowledged = renewals
    .flatMap(({ okMs: atMs, invokedMs, idleMs }) =>
      atMs === null ? [] : [{ atMs, endMs: invokedMs + idleMs }],
    )
    .sort((a, b) => a.atMs - b.atMs)
  let next = 0
  let endMs = Number.NEGATIVE_INFINITY
  return ({ invokedMs }) => {
    for (let renewal = acknowledged[next]; renewal !== undefined && renewal.atMs < invokedMs; ) {
      endMs = Math.max(endMs, renewal.endMs)
      next += 1
      renewal = acknowledged[next]
    }
    return endMs - clockErrorMs
  }
}
