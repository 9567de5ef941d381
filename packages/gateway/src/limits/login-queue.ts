import { FairQueue } from '../base/fair-queue.ts'
import type { GatewayConfig } from '../config/schema.ts'

/**
 * Logins that count their attempt in the store while others have their passwords checked. More would wait behind each other
 * for the check itself, where nothing shares the turns fairly.
 */
const LOGINS_BEFORE_CHECK = 16
/** Min value of the max logins in progress of one block of addresses, or to one account from known browsers. */
const MIN_LOGINS_PER_GROUP = 4

/** Max logins of one queue that are in progress at the same time. */
export function maxLoginsInProgress({ limits, identities }: GatewayConfig): number {
  return limits.passwordChecks + (identities.ldap?.connections ?? 0) + LOGINS_BEFORE_CHECK
}

/** Logins wait in this queue before their attempt is counted and their password is checked. */
export function createLoginQueue(config: GatewayConfig): FairQueue {
  const { passwordChecks, waitingLogins, waitingLoginMs } = config.limits
  return new FairQueue({
    maxRunning: maxLoginsInProgress(config),
    maxRunningPerGroup: Math.max(MIN_LOGINS_PER_GROUP, passwordChecks),
    maxWaiting: waitingLogins,
    maxWaitMs: waitingLoginMs,
  })
}
