import type { UserDirectory } from './directory.ts'
import { dummyHash, verifyPassword } from './passwords.ts'
import type { Turns } from './turns.ts'

/** What became of a user name and a password. `reason` is for the log alone: the answer is the same for all. */
type Authentication =
  | { status: 'accepted'; subject: string }
  | { status: 'refused'; reason: 'unknown-user' }
  | { status: 'refused'; reason: 'wrong-password' | 'disabled'; subject: string }
  /** Too many logins wait for their password check. */
  | { status: 'busy' }

export type Authenticate = (name: string, password: string) => Promise<Authentication>

/**
 * Checks passwords against a directory. An unknown user costs one hashing like a known one, so that the
 * time of an answer does not tell which names exist.
 */
export async function createAuthenticate(users: UserDirectory, turns: Turns): Promise<Authenticate> {
  const nobody = await dummyHash()
  return async (name, password) => {
    const user = await users.find(name.normalize('NFC'))
    const fits = await turns.take(() => verifyPassword(user?.password ?? nobody, password))
    if (fits === null) return { status: 'busy' }
    if (!user) return { status: 'refused', reason: 'unknown-user' }
    if (!fits) return { status: 'refused', reason: 'wrong-password', subject: user.name }
    if (user.disabled) return { status: 'refused', reason: 'disabled', subject: user.name }
    return { status: 'accepted', subject: user.name }
  }
}
