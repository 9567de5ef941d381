import type { AttemptLimit, Attempts } from '@holdfast/tokens/attempts'
import type { LoginLimitsConfig } from '../config/logins.ts'
import { accountOf, networkOf } from './names.ts'
import { Refusals } from './refusals.ts'

/** One attempt to log in with a password. */
interface LoginTry {
  /** The user name, as typed. */
  username: string
  address: string
  /** The id of the browser, if this account has logged in with it before; otherwise null. */
  device: string | null
}

/** Whether an attempt may be made. */
type LimitedTry =
  | {
      allowed: true
      /** The password was correct: this attempt does not count, and the earlier ones of the same origin are cleared. */
      succeeded(): void
      /** The password was not checked: this attempt does not count. */
      notMade(): void
    }
  | RefusedTry

export interface RefusedTry {
  allowed: false
  limit: LimitName
  retryAfterMs: number
}

/** The limit that refused an attempt, for the log. */
type LimitName = 'account-and-address' | 'device' | 'address' | 'account'

export interface LoginLimits {
  /**
   * Requests one attempt, before its password is checked. Throws as the store does when the store is unavailable; then no
   * password may be checked.
   */
  take(attempt: LoginTry): Promise<LimitedTry>
  /** The refusal of an attempt that this process remembers, without a question to the store; null when there is none. */
  recall(attempt: LoginTry): RefusedTry | null
}

export interface LoginLimitsOptions {
  attempts: Attempts
  config: LoginLimitsConfig
  /** Aborts pending calls. */
  signal: AbortSignal
  /** Receives the error when an attempt could not be given back; it then counts until it leaves the window. Must not throw. */
  onFailure: (error: unknown) => void
}

/**
 * The limits of logins:
 * - From one address for one account: `pauseAfter` attempts at once, then each after a pause that doubles, and
 *   `perAccountAndAddress` in a window. This stops a client that guesses one user's password.
 * - From one address: `perAddress`, for all accounts. This stops a client that tries one password with many names.
 * - For one account: `perAccount`, from all addresses. This stops guessing from many addresses.
 * - For a browser in which the account has logged in before: only the first limit, counted separately. It still works when
 *   others have used up the attempts of the account or the address. So an attack locks the owner out only of browsers that
 *   are new to the account, and only while it lasts: an attempt counts for `windowMs`, and refused ones do not count.
 *
 * Unknown user names are limited exactly like known ones, so that the limits do not reveal which names exist.
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

  const refusals = new Refusals()

  function recall(limits: [Named, ...Named[]]): RefusedTry | null {
    const names = limits.map(({ name }) => name)
    const known = refusals.find(names, Date.now())
    if (known === null) return null
    const { is } = limits[known.index] ?? limits[0]
    return { allowed: false, limit: is, retryAfterMs: known.retryAfterMs }
  }

  return {
    recall: (attempt) => recall(limitsOf(attempt)),
    async take(attempt) {
      const limits = limitsOf(attempt)
      const known = recall(limits)
      if (known !== null) return known
      const [closest, ...others] = limits
      const taken = await attempts.take(limits, { signal })
      if (!taken.allowed) {
        const { is, name } = limits[taken.limit] ?? closest
        refusals.remember(name, taken.retryAfterMs, Date.now())
        return { allowed: false, limit: is, retryAfterMs: taken.retryAfterMs }
      }
      const giveBack = (from: { names?: string[]; cleared?: string[] }) => {
        refusals.forget([...(from.names ?? []), ...(from.cleared ?? [])])
        void attempts.giveBack(taken.id, from, { signal }).catch(onFailure)
      }
      return {
        allowed: true,
        succeeded: () => giveBack({ cleared: [closest.name], names: others.map(({ name }) => name) }),
        notMade: () => giveBack({ names: limits.map(({ name }) => name) }),
      }
    },
  }
}

type Named = AttemptLimit & { is: LimitName }
