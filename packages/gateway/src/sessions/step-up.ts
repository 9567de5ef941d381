import type { Session } from '@holdfast/tokens'
import { insufficientAuthentication, invalidRequest, type Problem } from '../http/problems.ts'
import { providerSessionOf } from '../identities/oidc/provider-session.ts'

/** The answer to an invalid `max_age`. */
export const badMaxAge = invalidRequest('`max_age` must be a whole number of seconds, given once.')

/** The query's `max_age` (in seconds): undefined when it is missing, null when it is not valid. */
export function maxAgeOf(query: unknown): number | null | undefined {
  const asked = (query as { max_age?: unknown } | null)?.max_age
  if (asked === undefined) return undefined
  return typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? Number(asked) : null
}

/**
 * When the user of a session last authenticated (Unix time, in milliseconds); null when unknown. Every login begins a new
 * session, so this is the time of issue. But at a provider the user may have logged in long before. Then it is the time
 * that the provider stated, as the claim `auth_time` (Unix time in seconds; OpenID Connect Core, section 2), and unknown
 * when it stated none.
 */
export function authenticatedAtMs({ issuedAtMs, claims }: Session): number | null {
  const { auth_time: seconds } = claims
  if (typeof seconds === 'number') return Math.min(issuedAtMs, seconds * 1000)
  return providerSessionOf(claims) === null ? issuedAtMs : null
}

/**
 * The problem with a session that ends other sessions of its user, when its login is older than `limitMs`; null if there is none.
 * Where the provider stated no time, the login here counts: a user of such a provider could otherwise end nothing.
 * INV-GATEWAY-39.
 */
export function recentLoginProblem(session: Session, limitMs: number, nowMs: number): Problem | null {
  const atMs = authenticatedAtMs(session) ?? session.issuedAtMs
  return nowMs - atMs <= limitMs ? null : insufficientAuthentication(Math.ceil(limitMs / 1000))
}

/**
 * The problem with a session when the query's `max_age` requires a login at most that many seconds ago; null if there is
 * none. Without `max_age` any login is recent enough (RFC 9470; OpenID Connect Core, section 3.1.2.1).
 */
export function stepUpProblem(query: unknown, session: Session, nowMs: number): Problem | null {
  const maxAge = maxAgeOf(query)
  if (maxAge === undefined) return null
  if (maxAge === null) return badMaxAge
  const atMs = authenticatedAtMs(session)
  // An unknown time (NaN) is not recent enough.
  const isFresh = atMs !== null && nowMs - atMs <= maxAge * 1000
  return isFresh ? null : insufficientAuthentication(maxAge)
}
