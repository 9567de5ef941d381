import type { Active, Inactive } from '@holdfast/tokens'
import type { WrongAudience } from '../sessions/checker.ts'
import { profileOf } from '../users/identity.ts'

/** All inactive tokens get the same answer: RFC 7662, section 2.2. */
const INACTIVE = { active: false }

/** The default lease, and the upper bound for longer ones (in milliseconds). */
const MAX_CACHE_MS = 1000

/**
 * The answer about a token: RFC 7662, section 2.2. Times are in seconds. `exp` is when the session ends unless it is used
 * before. `jti` is the public id; `aud` is present if the token is only for some clients, `name`, `email` and `groups` are present if the session has them.
 *
 * `cache_ms` is how long the client may use the answer, counted from its request: until the end of the lease that the
 * gateway had then. So a logout reaches the client as fast as the gateways: within the length of a lease.
 * INV-GATEWAY-20.
 */
export function introspectionOf(
  checked: Active | Inactive | WrongAudience,
  { issuer, leaseRemainingMs }: { issuer: string | undefined; leaseRemainingMs: number },
): Record<string, unknown> {
  if (checked.status !== 'active') return INACTIVE
  const { aud } = checked.claims
  const { name, email, groups } = profileOf(checked.claims)
  return {
    active: true,
    token_type: 'Bearer',
    sub: checked.subject,
    username: checked.subject,
    iat: seconds(checked.issuedAtMs),
    exp: seconds(Math.min(checked.idleUntilMs, checked.expiresAtMs)),
    jti: checked.id,
    ...(issuer !== undefined && { iss: issuer }),
    ...(aud !== undefined && { aud }),
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(groups.length > 0 && { groups }),
    cache_ms: Math.floor(Math.min(Math.max(leaseRemainingMs, 0), MAX_CACHE_MS)),
  }
}

const seconds = (timeMs: number) => Math.floor(timeMs / 1000)
