import {
  addUser,
  listUsers,
  removeUsers,
  setDisabled,
  setPassword,
  UsersInvalidError,
} from '@holdfast/gateway/files'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { askPassword } from '../terminal/ask-password.ts'
import { endSessionsOf, sessionsText } from '../users/end-sessions.ts'
import { usersFileOf } from '../users/file.ts'
import { usersText } from '../users/list-text.ts'
import type { UsersOptions } from '../users/options.ts'

type PasswordOptions = UsersOptions & { passwordStdin?: boolean }
export type AddOptions = PasswordOptions & { fullName?: string; email?: string; groups?: string[] }
export type ChangeOptions = UsersOptions & { keepSessions?: boolean }

/** Adds a user. Throws `UsageError`, and what `addUser` throws. */
export async function usersAdd(options: AddOptions, user: string): Promise<ExitCode> {
  const file = usersFileOf(options)
  const { fullName, email, groups } = options
  await addUser(file, user, await askPassword(user, options.passwordStdin), {
    ...(fullName === undefined ? {} : { fullName }),
    ...(email === undefined ? {} : { email }),
    ...(groups === undefined ? {} : { groups }),
  })
  console.log(options.json ? JSON.stringify({ added: user, file }) : `Added ${user} to ${file}.`)
  return EXIT.ok
}

/** Lists the users. Throws what `listUsers` throws. */
export async function usersList(options: UsersOptions): Promise<ExitCode> {
  const users = await listUsers(usersFileOf(options))
  console.log(options.json ? JSON.stringify({ users }) : usersText(users))
  return EXIT.ok
}

export type UsersPasswdOptions = ChangeOptions & PasswordOptions

/** Gives a user a new password and ends the sessions. Throws what `setPassword` and `endSessionsOf` throw. */
export async function usersPasswd(options: UsersPasswdOptions, user: string): Promise<ExitCode> {
  await setPassword(usersFileOf(options), user, await askPassword(user, options.passwordStdin))
  return told(options, user, 'new-password', `${user} has a new password.`)
}

/** Keeps a user out and ends the sessions. Throws what `setDisabled` and `endSessionsOf` throw. */
export async function usersDisable(options: ChangeOptions, user: string): Promise<ExitCode> {
  await setDisabled(usersFileOf(options), user, true)
  return told(options, user, 'disabled', `${user} can no longer log in.`)
}

/** Lets a user in again. Throws what `setDisabled` throws. */
export async function usersEnable(options: UsersOptions, user: string): Promise<ExitCode> {
  await setDisabled(usersFileOf(options), user, false)
  console.log(options.json ? JSON.stringify({ enabled: user }) : `${user} can log in.`)
  return EXIT.ok
}

/** Removes a user and ends the sessions. Throws what `removeUsers` and `endSessionsOf` throw. */
export async function usersRemove(options: ChangeOptions, user: string): Promise<ExitCode> {
  const file = usersFileOf(options)
  const [removed] = await removeUsers(file, [user])
  if (removed === undefined) {
    throw new UsersInvalidError(`The users file ${file} has no user "${user}"; nothing was changed.`)
  }
  return told(options, user, 'removed', `Removed ${user} from ${file}.`)
}

/** Ends the sessions after a change of a login, and says both. */
async function told(options: ChangeOptions, user: string, what: string, sentence: string) {
  const end = await endSessionsOf(user, options, `users: ${what}`)
  console.log(
    options.json
      ? JSON.stringify({ user, change: what, sessions: end })
      : `${sentence} ${sessionsText(end, user, options)}`,
  )
  return EXIT.ok
}
