import { z } from 'zod'
import { wholeNumber } from './fields.ts'

const most = wholeNumber(1, 1000)

/**
 * How many passwords may be tried; all gateways of a data centre count together. Each try counts before its password is
 * looked at, and a right one is given back. The rules are told in `limits/login-limits.ts` and `limits/provider-limits.ts`.
 */
export const loginLimitsSchema = z.strictObject({
  /** All limits are of tries within this long. */
  windowMs: wholeNumber(1000, 86_400_000, ' (ms)').default(900_000),
  /** Most tries for one account from one address, or by one browser that logged in there before. */
  perAccountAndAddress: most.default(10),
  /** Most tries for one account, from all addresses together. NIST SP 800-63B, section 5.2.2, allows no more than 100. */
  perAccount: most.default(50),
  /** Most tries from one address (IPv6: from one /64), for all accounts together. Many people may share one. */
  perAddress: most.default(200),
  /** After so many tries for one account from one address, the next must wait for `pauseMs`, doubled with each more. */
  pauseAfter: most.default(5),
  pauseMs: wholeNumber(1, 3_600_000, ' (ms)').default(1000),
  /** Most logins by the OpenID provider that one address (IPv6: one /64) began and did not finish. */
  providerPerAddress: most.default(200),
  /** Most of them from all addresses together, for the ten minutes in which one can be finished. */
  providerPending: wholeNumber(1, 100_000).default(10_000),
})

export type LoginLimitsConfig = z.output<typeof loginLimitsSchema>
