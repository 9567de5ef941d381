import type { LoginMethod } from '../audit/entry.ts'
import type { BoundedQueue } from '../base/queues.ts'
import type { GuessLimit } from '../limits/guess-limit.ts'
import type { UserDirectory } from './directory.ts'
import type { Identity } from './identity.ts'
import { dummyHash, verifyPassword } from './passwords.ts'

/**
 * The result of checking a user name and a password. `reason` and `detail` (a sentence without secrets) are only for the
 * log: a refusal gets the same answer, unless the password was correct.
 */
export type Authentication =
  /** `omitted` names the groups that the session does not carry. */
  | { status: 'accepted'; identity: Identity; method: LoginMethod; omitted?: readonly string[] }
  /** The password is correct, but it is an initial one, with which no session may start. */
  | { status: 'change-required'; identity: Identity }
  | { status: 'refused'; reason: 'unknown-user' }
  | { status: 'refused'; reason: RefusalReason; subject: string; detail?: string }
  /** Too many logins wait for their password check. */
  | { status: 'busy' }
  /** The directory does not answer. `cause` is a sentence for the log: it names hosts and contains no secret. */
  | { status: 'unavailable'; cause: string }

type RefusalReason =
  | 'wrong-password'
  /** The account has had too many consecutive failures; the password may have been correct. */
  | 'guess-limit'
  | 'disabled'
  /** The initial password was correct, but it is too old. */
  | 'password-expired'
  /** The directory returned a user whose name is in the users file, or belongs to the provider. */
  | 'name-taken'
  /** The directory refused the bind of this user for another reason than the password, such as a locked account. */
  | 'account-restricted'
  /** The password was correct, but the user has more groups than a session carries. */
  | 'too-many-groups'
  /** The directory's name for the user is not a valid subject, or several entries have this name. */
  | 'unusable-identity'

/** `device` is the id of the browser, if the account has logged in with it before. Throws as the store does. */
export type Authenticate = (name: string, password: string, device?: string | null) => Promise<Authentication>

/**
 * Checks passwords against a users file. An unknown user costs one hashing like a known one, so that the time of an answer
 * does not reveal which names exist. An account with too many consecutive failures is refused like a wrong password.
 * INV-GATEWAY-33.
 */
export async function createAuthenticate(
  users: UserDirectory,
  queue: BoundedQueue,
  guesses: GuessLimit,
): Promise<Authenticate> {
  const unknownUserHash = await dummyHash()
  return async (name, password, device = null) => {
    const user = await users.find(name)
    const guess = await guesses.take(user ? { name: user.name, passwordHash: user.password, device } : null)
    const fits = await queue.run(() => verifyPassword(user?.password ?? unknownUserHash, password))
    if (fits === null) {
      guess.notMade()
      return { status: 'busy' }
    }
    if (!user) return { status: 'refused', reason: 'unknown-user' }
    if (!guess.allowed) return { status: 'refused', reason: 'guess-limit', subject: user.name }
    if (!fits) return { status: 'refused', reason: 'wrong-password', subject: user.name }
    // Checked again: a user who was disabled or got a new password while this login waited must not start a session now,
    // because the administrator has just ended that user's sessions.
    const now = await users.find(user.name)
    if (now?.name !== user.name || now.password !== user.password || now.disabled) {
      return { status: 'refused', reason: 'disabled', subject: user.name }
    }
    guess.succeeded()
    const { name: subject, fullName, email, groups = [], temporaryUntil } = user
    if (temporaryUntil !== undefined && Date.parse(temporaryUntil) <= Date.now()) {
      return { status: 'refused', reason: 'password-expired', subject }
    }
    const identity = {
      subject,
      ...(fullName === undefined ? {} : { name: fullName }),
      ...(email === undefined ? {} : { email }),
      groups,
    }
    return temporaryUntil === undefined
      ? { status: 'accepted', method: 'password', identity }
      : { status: 'change-required', identity }
  }
}
