import type { Active, Inactive } from '@holdfast/tokens'
import { profileOf } from '../identities/identity.ts'

/** Whatever is not active looks the same: RFC 7662, section 2.2. */
const INACTIVE = { active: false }

/** However long the lease: the default one (in milliseconds). */
const LONGEST_CACHE_MS = 1000

/**
 * The answer about a token: RFC 7662, section 2.2. Times are in seconds. `exp` is when the session ends unless it is used
 * before. `jti` is the public id; `name`, `email` and `groups` are there when the session tells them.
 *
 * `cache_ms` is how long the asker may go on by the answer, counted from when it asked: until the end of the lease that
 * the gateway had then. A log-out reaches it as soon as it reaches the gateways: within the length of a lease.
 * INV-GATEWAY-20.
 */
export function introspectionOf(
  checked: Active | Inactive,
  { issuer, leaseRemainingMs }: { issuer: string | undefined; leaseRemainingMs: number },
): Record<string, unknown> {
  if (checked.status !== 'active') return INACTIVE
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
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(groups.length > 0 && { groups }),
    cache_ms: Math.floor(Math.min(Math.max(leaseRemainingMs, 0), LONGEST_CACHE_MS)),
  }
}

const seconds = (timeMs: number) => Math.floor(timeMs / 1000)
