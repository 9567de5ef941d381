import { FileUnusableError, UsersInvalidError } from '../base/errors.ts'
import { replacePrivateFile, withFileLock } from '../files/locked.ts'
import { accountOf } from '../limits/names.ts'
import { checkUsers, firstDuplicate, isUserName, readUsersFile, USERS_LABEL, type User } from './file.ts'
import { passwordObjection } from './password-rules.ts'
import { hashPassword } from './passwords.ts'

/** The data of a user besides name and password. */
export type UserProfile = Pick<User, 'fullName' | 'email' | 'groups' | 'temporaryUntil'>

/** How long an initial password is valid (in milliseconds): 7 days. */
const TEMPORARY_MS = 7 * 24 * 3600 * 1000

/** The end of an initial password that is set now, for `temporaryUntil`. */
export const temporaryUntil = (nowMs: number): string => new Date(nowMs + TEMPORARY_MS).toISOString()

/** A user as shown in a list, without the password hash. */
export interface ListedUser extends UserProfile {
  name: string
  disabled: boolean
}

/**
 * Adds a user; creates the file if it is missing. Running gateways apply the change at the next login. Throws
 * `USERS_INVALID` (the name is in use or not allowed, the password is too short, too long or easy to guess, the profile is not valid) or
 * `FILE_UNUSABLE`.
 */
export async function addUser(
  file: string,
  name: string,
  password: string,
  profile: UserProfile = {},
): Promise<void> {
  await addUsersWithSamePassword(file, [name], password, profile)
}

/**
 * Adds users who share one password. It is hashed once, so that adding hundreds of users for a drill costs one hashing.
 * All users or none are added. Throws like {@link addUser}.
 */
export async function addUsersWithSamePassword(
  file: string,
  names: readonly string[],
  password: string,
  profile: UserProfile = {},
): Promise<void> {
  for (const name of names) {
    checkName(name)
    await checkPassword(password, name)
  }
  const twice = firstDuplicate(names)
  if (twice !== undefined) throw new UsersInvalidError(`The list of new users contains "${twice}" twice.`)
  const passwordHash = await hashPassword(password)
  await change(file, (users) => {
    const taken = new Map(users.map((user) => [accountOf(user.name), user.name]))
    for (const name of names) {
      const other = taken.get(accountOf(name))
      if (other === undefined) continue
      throw new UsersInvalidError(
        other === name
          ? `The ${USERS_LABEL} ${file} already has a user "${name}"; remove it first.`
          : `The ${USERS_LABEL} ${file} already has a user "${other}", and "${name}" differs only in case or width; choose another name.`,
      )
    }
    return [...users, ...names.map((name) => ({ name, password: passwordHash, ...profile }))]
  })
}

/**
 * Sets a new password, with `temporaryUntil` as an initial one. Open sessions stay valid; `holdfast users passwd` ends them.
 * Throws `USERS_INVALID` (no such user, the password is too short, too long or easy to guess) or `FILE_UNUSABLE`.
 */
export async function setPassword(
  file: string,
  name: string,
  password: string,
  initial: Pick<User, 'temporaryUntil'> = {},
): Promise<void> {
  await checkPassword(password, name)
  const passwordHash = await hashPassword(password)
  await changeUser(file, name, ({ temporaryUntil: _, ...user }) => ({
    ...user,
    password: passwordHash,
    ...initial,
  }))
}

/**
 * Replaces the password hash of a user, which is then not an initial one. Returns false and changes nothing if the file no
 * longer contains the hash `from` for this user, or the user is disabled. Throws `FILE_UNUSABLE` or `USERS_INVALID`.
 */
export async function replacePasswordHash(
  file: string,
  name: string,
  from: string,
  to: string,
): Promise<boolean> {
  let isReplaced = false
  await change(file, (users) =>
    users.map((user) => {
      if (user.name !== name || user.password !== from || user.disabled) return user
      isReplaced = true
      const { temporaryUntil: _, ...kept } = user
      return { ...kept, password: to }
    }),
  )
  return isReplaced
}

/**
 * Disables a user, who can then no longer log in, or enables a user again. Repeating it is not an error.
 * Throws `USERS_INVALID` (no such user) or `FILE_UNUSABLE`.
 */
export async function setDisabled(file: string, name: string, disabled: boolean): Promise<void> {
  await changeUser(file, name, ({ disabled: _, ...user }) => (disabled ? { ...user, disabled } : user))
}

/**
 * Removes the users with these names, or those for which the predicate returns true, and returns their names. Names that
 * the file does not contain are ignored. Their open sessions stay valid until they expire.
 * Throws `FILE_UNUSABLE` or `USERS_INVALID`.
 */
export async function removeUsers(
  file: string,
  which: readonly string[] | ((name: string) => boolean),
): Promise<string[]> {
  const names = typeof which === 'function' ? null : new Set(which)
  const isGoing = (name: string) => (typeof which === 'function' ? which(name) : names?.has(name) === true)
  const removed: string[] = []
  await change(file, (users) =>
    users.filter(({ name }) => {
      const going = isGoing(name)
      if (going) removed.push(name)
      return !going
    }),
  )
  return removed
}

/** The users of a file, in file order. Throws `FILE_UNUSABLE` or `USERS_INVALID`. */
export async function listUsers(file: string): Promise<ListedUser[]> {
  const users = await readUsersFile(file)
  return users.map(({ password: _, disabled, ...shown }) => ({ ...shown, disabled: disabled === true }))
}

async function changeUser(file: string, name: string, edit: (user: User) => User): Promise<void> {
  await change(file, (users) => {
    if (!users.some((user) => user.name === name)) {
      throw new UsersInvalidError(`The ${USERS_LABEL} ${file} has no user "${name}"; nothing was changed.`)
    }
    return users.map((user) => (user.name === name ? edit(user) : user))
  })
}

async function change(file: string, edit: (users: User[]) => User[]): Promise<void> {
  await withFileLock(file, USERS_LABEL, async () => {
    const users = edit(await readUsersFile(file).catch(noneYet))
    checkUsers(users, file)
    await replacePrivateFile(file, USERS_LABEL, `${JSON.stringify({ users }, null, 2)}\n`)
  })
}

function noneYet(error: unknown): User[] {
  if (error instanceof FileUnusableError && (error.cause as NodeJS.ErrnoException)?.code === 'ENOENT')
    return []
  throw error
}

function checkName(name: string): void {
  if (isUserName(name)) return
  throw new UsersInvalidError(
    `"${name}" cannot be a user's name: use 1 to 128 letters, digits, ".", "_", "@", "+" and "-".`,
  )
}

async function checkPassword(password: string, name: string): Promise<void> {
  const objection = await passwordObjection(password, name)
  if (objection !== null) throw new UsersInvalidError(objection)
}
