import type { Identity } from '../identities/identity.ts'
import type { UserDirectory } from './directory.ts'
import { dummyHash, verifyPassword } from './passwords.ts'
import type { Turns } from './turns.ts'

/** What became of a user name and a password. `reason` is for the log alone: the answer is the same for all. */
export type Authentication =
  | { status: 'accepted'; identity: Identity }
  | { status: 'refused'; reason: 'unknown-user' }
  | { status: 'refused'; reason: RefusalReason; subject: string }
  /** Too many logins wait for their password check. */
  | { status: 'busy' }
  /** Who could say is not there. `cause` is a sentence for the log: it names hosts and holds no secret. */
  | { status: 'unavailable'; cause: string }

type RefusalReason =
  | 'wrong-password'
  | 'disabled'
  /** The directory names a person whom the users file names, too. */
  | 'name-taken'
  /** The directory's name for the person cannot be one here, or there are too many groups. */
  | 'unusable-identity'

export type Authenticate = (name: string, password: string) => Promise<Authentication>

/**
 * Checks passwords against a users file. An unknown user costs one hashing like a known one, so that the
 * time of an answer does not tell which names exist.
 * INV-GATEWAY-33.
 */
export async function createAuthenticate(users: UserDirectory, turns: Turns): Promise<Authenticate> {
  const nobody = await dummyHash()
  return async (name, password) => {
    const user = await users.find(name.normalize('NFC'))
    const fits = await turns.take(() => verifyPassword(user?.password ?? nobody, password))
    if (fits === null) return { status: 'busy' }
    if (!user) return { status: 'refused', reason: 'unknown-user' }
    if (!fits) return { status: 'refused', reason: 'wrong-password', subject: user.name }
    // Looked at again: who was disabled or got a new password while this waited must not begin a session now, since
    // whoever made the change ends those that are open.
    const now = await users.find(user.name)
    if (now?.password !== user.password || now.disabled) {
      return { status: 'refused', reason: 'disabled', subject: user.name }
    }
    const { name: subject, fullName, email, groups = [] } = user
    return {
      status: 'accepted',
      identity: {
        subject,
        ...(fullName === undefined ? {} : { name: fullName }),
        ...(email === undefined ? {} : { email }),
        groups,
      },
    }
  }
}
