import type { SessionSummary } from '@holdfast/tokens'
import type { SessionsConfig } from '../config/logins.ts'

/**
 * The sessions that must end so that at most `max` stay: with `evict-oldest` the oldest ones, with `reject` the newest, which
 * began when the limit was reached. Sessions are ordered by time of issue, then by id.
 *
 * Every gateway calls this after its login was acknowledged, and then sees all logins acknowledged before. So when logins
 * race on several gateways, the last one sees them all. All gateways decide alike, because the result depends only on the
 * sessions. There may be more than `max` only until the last login has ended the surplus.
 * INV-GATEWAY-7.
 */
export function sessionsToEnd(
  sessions: readonly SessionSummary[],
  max: number,
  onLimit: SessionsConfig['onLimit'],
): SessionSummary[] {
  const byAge = sessions.toSorted((a, b) => a.issuedAtMs - b.issuedAtMs || (a.id < b.id ? -1 : 1))
  const surplus = Math.max(0, byAge.length - max)
  if (surplus === 0) return []
  return onLimit === 'evict-oldest' ? byAge.slice(0, surplus) : byAge.slice(-surplus)
}
