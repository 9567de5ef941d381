import { z } from 'zod'
import { wholeNumber } from './fields.ts'

/** Rules for sessions besides their usual lifetimes, which are `store.idleMs` and `store.absoluteMs`. */
export const sessionsSchema = z.strictObject({
  /**
   * Lifetime of a session whose user asked to stay logged in, up to 400 days. Such a session has no idle limit, and its
   * cookie outlives the browser. Without it, the login form has no such check box.
   */
  rememberMs: wholeNumber(60_000, 34_560_000_000, ' (ms)').exactOptional(),
  /** Max sessions per user. Without it there is no limit. */
  maxPerUser: wholeNumber(1, 1000).exactOptional(),
  /** What a login beyond `maxPerUser` does: it is rejected, or it ends the oldest session. */
  onLimit: z
    .enum(['reject', 'evict-oldest'], { error: 'must be "reject" or "evict-oldest"' })
    .default('evict-oldest'),
  /** How old a login may be that ends other sessions of its user. Beyond it, the user logs in again first. */
  recentLoginMs: wholeNumber(1000, 34_560_000_000, ' (ms)').default(900_000),
})

export type SessionsConfig = z.output<typeof sessionsSchema>

const attempts = wholeNumber(1, 1000)

/**
 * How many passwords may be tried; all gateways of a data centre count together. Each attempt counts before its password is
 * checked, and a correct password gives its attempt back. `limits/login-limits.ts` and `limits/provider-limits.ts` apply
 * these limits.
 */
export const loginLimitsSchema = z.strictObject({
  /** The sliding window of all limits. */
  windowMs: wholeNumber(1000, 86_400_000, ' (ms)').default(900_000),
  /** Max attempts for one account from one address, or from one browser that logged in to it before. */
  perAccountAndAddress: attempts.default(10),
  /** Max attempts for one account from all addresses. */
  perAccount: attempts.default(50),
  /**
   * Max consecutive failed logins of one account of the users file in all, however slowly (NIST SP 800-63B, section 5.2.2:
   * at most 100). Browsers that the account knows are counted separately. Only a new password, or a login in a known browser,
   * ends the lockout.
   */
  maxConsecutiveFailures: attempts.default(100),
  /** Max attempts from one address (IPv6: one /64) for all accounts. Many users may share one address. */
  perAddress: attempts.default(200),
  /** After this many attempts for one account from one address, each further one waits: `pauseMs`, then twice as long. */
  pauseAfter: attempts.default(5),
  pauseMs: wholeNumber(1, 3_600_000, ' (ms)').default(1000),
  /** Max unfinished logins at the OpenID provider from one address (IPv6: one /64). */
  providerPerAddress: attempts.default(200),
  /** Max unfinished logins at the provider from all addresses, within the ten minutes that a login may take. */
  providerPending: wholeNumber(1, 100_000).default(10_000),
})

export type LoginLimitsConfig = z.output<typeof loginLimitsSchema>
