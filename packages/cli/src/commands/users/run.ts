import { resolve } from 'node:path'
import {
  addUser,
  listUsers,
  removeUsers,
  setDisabled,
  setPassword,
  temporaryUntil,
  UsersInvalidError,
} from '@holdfast/gateway/files'
import { StateFolder } from '@holdfast/local/state/folder'
import { auditChange, type UserChange } from '@holdfast/operations/sessions/audit-log'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { askPassword } from '../../command-line/prompt.ts'
import { stateDirFromOptions } from '../../data-centre/locator.ts'
import type { LocalOptions } from '../../data-centre/options.ts'
import { revokeCommand, type SessionsOutcome, sessionsText, usersText } from './text.ts'

/** The options of every command about users. */
export type UsersOptions = LocalOptions & { usersFile?: string; json?: boolean }
type PasswordOptions = UsersOptions & { passwordStdin?: boolean; temporary?: boolean }
export type AddOptions = PasswordOptions & { fullName?: string; email?: string; groups?: string[] }
export type ChangeOptions = UsersOptions & { keepSessions?: boolean }
export type UsersPasswdOptions = ChangeOptions & PasswordOptions

/** Adds a user. Throws `UsageError`, and what `addUser` throws. */
export async function usersAdd(options: AddOptions, user: string): Promise<ExitCode> {
  const file = usersFile(options)
  const { fullName, email, groups } = options
  await addUser(file, user, await askPassword(user, options.passwordStdin), {
    ...(fullName === undefined ? {} : { fullName }),
    ...(email === undefined ? {} : { email }),
    ...(groups === undefined ? {} : { groups }),
    ...initialPassword(options),
  })
  await record(options, 'added', user)
  const sentence = `Added ${user} to ${file}.${options.temporary ? ` ${MUST_CHANGE}` : ''}`
  console.log(options.json ? JSON.stringify({ added: user, file }) : sentence)
  return EXIT.ok
}

/** Lists the users. Throws what `listUsers` throws. */
export async function usersList(options: UsersOptions): Promise<ExitCode> {
  const users = await listUsers(usersFile(options))
  console.log(options.json ? JSON.stringify({ users }) : usersText(users))
  return EXIT.ok
}

/** Changes a password and ends the sessions. Throws what `setPassword` and `revokeSessions` throw. */
export async function usersPasswd(options: UsersPasswdOptions, user: string): Promise<ExitCode> {
  const password = await askPassword(user, options.passwordStdin)
  await setPassword(usersFile(options), user, password, initialPassword(options))
  const sentence = `${user} has a new password.${options.temporary ? ` ${MUST_CHANGE}` : ''}`
  return endSessionsAfter('new-password', options, user, sentence)
}

const MUST_CHANGE = 'The user must change the password at the first login, within 7 days.'

const initialPassword = ({ temporary }: PasswordOptions) =>
  temporary ? { temporaryUntil: temporaryUntil(Date.now()) } : {}

/** Disables a user and ends the sessions. Throws what `setDisabled` and `revokeSessions` throw. */
export async function usersDisable(options: ChangeOptions, user: string): Promise<ExitCode> {
  await setDisabled(usersFile(options), user, true)
  return endSessionsAfter('disabled', options, user, `${user} can no longer log in.`)
}

/** Enables a user. Throws what `setDisabled` throws. */
export async function usersEnable(options: UsersOptions, user: string): Promise<ExitCode> {
  await setDisabled(usersFile(options), user, false)
  await record(options, 'enabled', user)
  console.log(options.json ? JSON.stringify({ enabled: user }) : `${user} can log in.`)
  return EXIT.ok
}

/** Removes a user and ends the sessions. Throws what `removeUsers` and `revokeSessions` throw. */
export async function usersRemove(options: ChangeOptions, user: string): Promise<ExitCode> {
  const file = usersFile(options)
  const [removed] = await removeUsers(file, [user])
  if (removed === undefined) {
    throw new UsersInvalidError(`The users file ${file} has no user "${user}"; nothing was changed.`)
  }
  return endSessionsAfter('removed', options, user, `Removed ${user} from ${file}.`)
}

/** The users file that the options name, or that of the local data centre. */
const usersFile = (options: UsersOptions): string =>
  options.usersFile === undefined
    ? new StateFolder(stateDirFromOptions(options)).usersFile
    : resolve(options.usersFile)

/** Records a change: in the audit log of the local data centre, or beside the users file that the options name. */
async function record(options: UsersOptions, change: UserChange, user: string): Promise<void> {
  const file = usersFile(options)
  const auditLog =
    options.usersFile === undefined
      ? new StateFolder(stateDirFromOptions(options)).auditLog
      : `${file}.audit.jsonl`
  await auditChange(auditLog, { event: 'user-changed', change, user, file })
}

/** Records a change and ends the sessions, because someone else may hold one. Prints `sentence` and what became of the sessions. */
async function endSessionsAfter(
  change: 'new-password' | 'disabled' | 'removed',
  options: ChangeOptions,
  user: string,
  sentence: string,
): Promise<ExitCode> {
  try {
    await record(options, change, user)
  } finally {
    // Also if the audit log cannot be written: a full disk must not keep the sessions open.
    const sessions = await endSessions(user, options, `users: ${change}`)
    console.log(
      options.json
        ? JSON.stringify({ user, change, sessions })
        : `${sentence} ${sessionsText(sessions, user, options)}`,
    )
  }
  return EXIT.ok
}

/** Throws what `revokeSessions` throws; the message adds that the users file is changed already. */
async function endSessions(user: string, options: ChangeOptions, reason: string): Promise<SessionsOutcome> {
  if (options.keepSessions) return { ended: null, why: 'kept' }
  // A users file does not tell which data centre uses it.
  if (options.usersFile !== undefined) return { ended: null, why: 'other-file' }
  // Imported here because it loads a Redis client, which the other commands about users do not need.
  const { revokeSessions } = await import('@holdfast/operations/sessions/revoke')
  try {
    return await revokeSessions({ stateDir: stateDirFromOptions(options), choice: { subject: user }, reason })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'NOT_RUNNING') return { ended: null, why: 'not-running' }
    error.message =
      `${usersFile(options)} was changed, but sessions of ${user} may still be active: ${error.message} ` +
      `End them with \`${revokeCommand(user, options)}\`.`
    throw error
  }
}
