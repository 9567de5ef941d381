import type { Session } from '@holdfast/tokens'
import { insufficientAuthentication, invalidRequest, type Problem } from '../http/problems.ts'
import { providerSessionOf } from '../identities/oidc/provider-session.ts'

/** The answer to a `max_age` that is none. */
export const badMaxAge = invalidRequest('`max_age` must be a whole number of seconds, given once.')

/** The query's `max_age` (in seconds): undefined when it is not there, null when it is none. */
export function maxAgeOf(query: unknown): number | null | undefined {
  const asked = (query as { max_age?: unknown } | null)?.max_age
  if (asked === undefined) return undefined
  return typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? Number(asked) : null
}

/**
 * When the person of a session last proved who they are (Unix time, in milliseconds); null when nobody knows. A login,
 * also again, begins a session of its own, so that is its issue. At a provider the person may have logged in long
 * before: then it is what the provider said, as the claim `auth_time` (Unix time in seconds; OpenID Connect Core,
 * section 2), and unknown when it said nothing.
 */
export function authenticatedAtMs({ issuedAtMs, claims }: Session): number | null {
  const { auth_time: seconds } = claims
  if (typeof seconds === 'number') return Math.min(issuedAtMs, seconds * 1000)
  return providerSessionOf(claims) === null ? issuedAtMs : null
}

/**
 * What stands against a session where the query's `max_age` asks for a login of at most so many seconds ago; null when
 * nothing does. Without `max_age` any will do (RFC 9470; OpenID Connect Core, section 3.1.2.1).
 */
export function stepUpProblem(query: unknown, session: Session, nowMs: number): Problem | null {
  const maxAge = maxAgeOf(query)
  if (maxAge === undefined) return null
  if (maxAge === null) return badMaxAge
  const atMs = authenticatedAtMs(session)
  // Not fresh enough either while the time is not known (NaN).
  const isFresh = atMs !== null && nowMs - atMs <= maxAge * 1000
  return isFresh ? null : insufficientAuthentication(maxAge)
}
