import type { AttemptLimit, TokenStore } from '@holdfast/tokens'
import type { LoginLimitsConfig } from '../config/login-limits.ts'
import { accountOf, networkOf } from './names.ts'

/** Somebody who tries a password. */
interface LoginTry {
  /** The user name, as it was typed. */
  username: string
  address: string
  /** Names the browser, when this account has logged in with it before; else null. */
  device: string | null
}

/** What became of a try. */
type LimitedTry =
  | {
      allowed: true
      /** The password was right: this try does not count, and neither do those before it from the same place. */
      succeeded(): void
      /** The password was never looked at: this try does not count. */
      notMade(): void
    }
  | { allowed: false; limit: LimitName; retryAfterMs: number }

/** Which limit refused a try, for the log. */
type LimitName = 'account-and-address' | 'device' | 'address' | 'account'

export interface LoginLimits {
  /**
   * Asks for one try, before its password is looked at. Throws as the store does when the store cannot be asked: then no
   * password may be looked at.
   */
  take(attempt: LoginTry): Promise<LimitedTry>
}

export interface LoginLimitsOptions {
  attempts: TokenStore['attempts']
  config: LoginLimitsConfig
  /** Gives up what is under way. */
  signal: AbortSignal
  /** Is told why a try could not be given back; it counts until it leaves the window. Must not throw. */
  onFailure: (error: unknown) => void
}

/**
 * The limits of logins:
 * - From one address for one account: `pauseAfter` tries at once, then each later than the last, twice as long each
 *   time, and `perAccountAndAddress` in a window. This stops who guesses one person's password.
 * - From one address: `perAddress`, whatever the accounts. This stops who tries one password with many names.
 * - For one account: `perAccount`, whatever the addresses. This stops who guesses from many places.
 * - A browser in which the account has logged in before is bound by the first of these alone, counted for itself: it goes
 *   on when others have used up the account's tries, or the address's. So an attack locks an owner out only of browsers
 *   that are new to the account, and only while it lasts: a try counts for `windowMs`, and refused ones do not count.
 *
 * A name of nobody is counted as one of somebody, so that the limits do not tell which names exist.
 * INV-GATEWAY-1.
 */
export function createLoginLimits(options: LoginLimitsOptions): LoginLimits {
  const { attempts, config, signal, onFailure } = options
  const { windowMs, perAccount, perAddress, perAccountAndAddress, pauseAfter, pauseMs } = config

  function limitsOf({ username, address, device }: LoginTry): [Named, ...Named[]] {
    const [account, network] = [accountOf(username), networkOf(address)]
    const close = { limit: perAccountAndAddress, windowMs, pauseAfter, pauseMs }
    if (device !== null) return [{ is: 'device', name: `device ${device} ${account}`, ...close }]
    return [
      { is: 'account-and-address', name: `both ${network} ${account}`, ...close },
      { is: 'address', name: `address ${network}`, limit: perAddress, windowMs },
      { is: 'account', name: `account ${account}`, limit: perAccount, windowMs },
    ]
  }

  return {
    async take(attempt) {
      const limits = limitsOf(attempt)
      const [closest, ...others] = limits
      const taken = await attempts.take(limits, { signal })
      if (!taken.allowed) {
        const { is } = limits[taken.limit] ?? closest
        return { allowed: false, limit: is, retryAfterMs: taken.retryAfterMs }
      }
      const giveBack = (from: { names?: string[]; cleared?: string[] }) =>
        void attempts.giveBack(taken.id, from, { signal }).catch(onFailure)
      return {
        allowed: true,
        succeeded: () => giveBack({ cleared: [closest.name], names: others.map(({ name }) => name) }),
        notMade: () => giveBack({ names: limits.map(({ name }) => name) }),
      }
    },
  }
}

type Named = AttemptLimit & { is: LimitName }
