import { hash, randomInt } from 'node:crypto'
import { type AttemptLimit, type Attempts, MAX_ATTEMPTS } from '@holdfast/tokens/attempts'
import { accountOf } from './names.ts'

/** Consecutive failures are counted for this long after the last one: as long as a browser keeps a device cookie. */
const WINDOW_MS = 400 * 86_400_000
/** Unknown users are counted in these logs, so that their refusals cost the same. The logs limit nothing. */
const DECOYS = 256

/** The account whose password a login guesses. */
interface GuessedAccount {
  name: string
  /** The stored hash of its password. A new password begins a new count: earlier guesses say nothing about it. */
  passwordHash: string
  /** The id of the browser, if this account has logged in with it before; otherwise null. */
  device: string | null
}

interface Guess {
  /** False when the account has had too many consecutive failures: the login must fail, whatever the password is. */
  allowed: boolean
  /** The password was correct: the count of the account and of the browser begins again. */
  succeeded(): void
  /** The password was not checked: this guess does not count. */
  notMade(): void
}

export interface GuessLimit {
  /**
   * Counts one guess, before its password is checked. Null is an unknown user: it costs the same and limits nothing. Throws
   * as the store does.
   */
  take(account: GuessedAccount | null): Promise<Guess>
}

/**
 * The limit on consecutive failed logins of one account in all (NIST SP 800-63B, section 5.2.2). Browsers that the account
 * knows have counts of their own, and a login in one of them clears the count of all others: strangers cannot lock the owner
 * out of these browsers.
 *
 * It covers only users of the users file: a count for each name that a client can invent would fill the store.
 * INV-GATEWAY-36.
 */
export function createGuessLimit(options: {
  attempts: Attempts
  /** Max consecutive failures. */
  limit: number
  signal: AbortSignal
  /** Receives the error when a guess could not be given back. Must not throw. */
  onFailure: (error: unknown) => void
}): GuessLimit {
  const { attempts, limit, signal, onFailure } = options
  return {
    async take(account) {
      const limits = account === null ? decoy() : limitsOf(account, limit)
      const taken = await attempts.take(limits, { signal })
      const names = limits.map(({ name }) => name)
      const giveBack = (from: { names?: string[]; cleared?: string[] }) => {
        if (taken.allowed) void attempts.giveBack(taken.id, from, { signal }).catch(onFailure)
      }
      return {
        allowed: taken.allowed,
        succeeded: () => giveBack({ cleared: names }),
        notMade: () => giveBack({ names }),
      }
    },
  }
}

function limitsOf({ name, passwordHash, device }: GuessedAccount, limit: number): AttemptLimit[] {
  const account = `${hash('sha256', passwordHash, 'hex').slice(0, 32)} ${accountOf(name)}`
  const ofAll = { name: `guesses ${account}`, windowMs: WINDOW_MS }
  if (device === null) return [{ ...ofAll, limit }]
  // Also counted among all, so that a success can clear that count; but not refused by it.
  return [
    { name: `guesses of ${device} ${account}`, limit, windowMs: WINDOW_MS },
    { ...ofAll, limit: MAX_ATTEMPTS },
  ]
}

const decoy = (): AttemptLimit[] => [
  { name: `guesses of unknown users ${randomInt(DECOYS)}`, limit: MAX_ATTEMPTS, windowMs: 1000 },
]
