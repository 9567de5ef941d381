import type { SessionSummary } from '@holdfast/tokens'
import type { SessionsConfig } from '../config/sessions.ts'

/**
 * Which sessions of a person must end, of those that are live, so that at most `most` stay: with `end-oldest` the oldest,
 * with `refuse` the newest, which came when it was full. Age is the time of issue, and at the same time the id.
 *
 * Every gateway looks after its login was acknowledged, and then sees all that were acknowledged before. So of logins that
 * race on several gateways the last one sees them all; and all decide alike, because this is a function of the sessions
 * alone. There may be more than `most` only until the last of them has ended what is too much.
 * INV-GATEWAY-7.
 */
export function sessionsToEnd(
  sessions: readonly SessionSummary[],
  most: number,
  whenFull: SessionsConfig['whenFull'],
): SessionSummary[] {
  const byAge = sessions.toSorted((a, b) => a.issuedAtMs - b.issuedAtMs || (a.id < b.id ? -1 : 1))
  const tooMany = Math.max(0, byAge.length - most)
  if (tooMany === 0) return []
  return whenFull === 'end-oldest' ? byAge.slice(0, tooMany) : byAge.slice(-tooMany)
}
