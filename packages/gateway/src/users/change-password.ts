import { access, constants, stat } from 'node:fs/promises'
import path from 'node:path'
import { GatewayError } from '../base/errors.ts'
import type { BoundedQueue } from '../base/queues.ts'
import type { Authenticate, Authentication } from './authenticate.ts'
import type { UserDirectory } from './directory.ts'
import { replacePasswordHash } from './edit.ts'
import { passwordObjection } from './password-rules.ts'
import { hashPassword } from './passwords.ts'

/** The result of a change by the user: as of a login with the old password, or why the new password is not accepted. */
type Changed =
  | Authentication
  | { status: 'rejected'; objection: string }
  /** The file could not be changed. `cause` is a sentence for the log. */
  | { status: 'not-changed'; cause: string }

interface AskedChange {
  name: string
  password: string
  newPassword: string
  /** The id of the browser, if the account has logged in with it before; otherwise null. */
  device: string | null
}

/** How users of the users file change their own passwords. */
export interface PasswordChange {
  /** False when the configuration does not allow it, or this process cannot replace the file. */
  isPossible(): Promise<boolean>
  /** True when it is possible, and the file decides about the password of this subject. */
  isOfferedTo(subject: string): Promise<boolean>
  /** Sets a new password, if the old one is correct. It ends no session, and starts none. */
  change(asked: AskedChange): Promise<Changed>
}

export interface PasswordChangeOptions {
  file: string
  /** `identities.changePasswords`. */
  isAllowed: boolean
  users: UserDirectory
  /** The check of passwords by this file. */
  authenticate: Authenticate
  /** Bounds how many passwords are hashed at the same time. */
  queue: BoundedQueue
}

/** Changes passwords in a users file, under the lock that the command uses, too. INV-GATEWAY-38. */
export function createPasswordChange(options: PasswordChangeOptions): PasswordChange {
  const { file, isAllowed, users, authenticate, queue } = options
  const isPossible = async () => isAllowed && (await isReplaceable(file))
  return {
    isPossible,
    isOfferedTo: async (subject) => (await users.find(subject))?.name === subject && (await isPossible()),
    async change({ name, password, newPassword, device }) {
      // Read before the check. If the operator changes the password during the check, this hash is no longer in the file.
      const before = await users.find(name)
      const answer = await authenticate(name, password, device)
      if (answer.status !== 'accepted' && answer.status !== 'change-required') return answer
      const { identity } = answer
      const objection =
        newPassword.normalize('NFC') === password.normalize('NFC')
          ? 'The new password must differ from the current one.'
          : await passwordObjection(newPassword, identity.subject)
      if (objection !== null) return { status: 'rejected', objection }
      const hash = await queue.run(() => hashPassword(newPassword))
      if (hash === null) return { status: 'busy' }
      try {
        return (await replacePasswordHash(file, identity.subject, before?.password ?? '', hash))
          ? { status: 'accepted', method: 'password', identity }
          : { status: 'refused', reason: 'disabled', subject: identity.subject }
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        return { status: 'not-changed', cause: error.message }
      }
    },
  }
}

/** True when this process may replace the file, and the file keeps its owner. */
async function isReplaceable(file: string): Promise<boolean> {
  try {
    await access(path.dirname(file), constants.W_OK)
    const { uid: owner } = await stat(file)
    const uid = process.getuid?.()
    return uid === 0 || owner === uid
  } catch {
    // No file, no permission, or a read-only file system.
    return false
  }
}
