import { FileUnusableError, UsersInvalidError } from '../errors.ts'
import { replacePrivateFile, withFileLock } from '../files/locked.ts'
import { firstDuplicate, isUserName, readUsersFile, USERS_LABEL, type User } from './file.ts'
import { hashPassword, MAX_PASSWORD_LENGTH } from './passwords.ts'

/** A user as a list shows it: without the hash. */
export interface ListedUser {
  name: string
  disabled: boolean
}

/**
 * Adds a user; makes the file when there is none. Running gateways take the change in at the next login.
 * Throws `USERS_INVALID` (the name is taken or not allowed, the password is empty or too long) or
 * `FILE_UNUSABLE`.
 */
export async function addUser(file: string, name: string, password: string): Promise<void> {
  await addUsersWithSamePassword(file, [name], password)
}

/**
 * Adds users who share one password: it is hashed once, so that hundreds of users for a drill cost one
 * hashing. All or none are added. Throws like {@link addUser}.
 */
export async function addUsersWithSamePassword(
  file: string,
  names: readonly string[],
  password: string,
): Promise<void> {
  for (const name of names) checkName(name)
  const twice = firstDuplicate(names)
  if (twice !== undefined) throw new UsersInvalidError(`The user "${twice}" is to be added twice.`)
  checkPassword(password)
  const passwordHash = await hashPassword(password)
  await change(file, (users) => {
    const taken = new Set(users.map((user) => user.name))
    for (const name of names) {
      if (taken.has(name)) {
        throw new UsersInvalidError(
          `The ${USERS_LABEL} ${file} has a user "${name}" already; remove it first.`,
        )
      }
    }
    return [...users, ...names.map((name) => ({ name, password: passwordHash }))]
  })
}

/**
 * Removes the users of these names, or those for whom the predicate says true, and returns their names.
 * Names that the file does not hold are passed over. Their open sessions go on to their end.
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

/** The users of a file, in its order. Throws `FILE_UNUSABLE` or `USERS_INVALID`. */
export async function listUsers(file: string): Promise<ListedUser[]> {
  const users = await readUsersFile(file)
  return users.map(({ name, disabled }) => ({ name, disabled: disabled === true }))
}

async function change(file: string, edit: (users: User[]) => User[]): Promise<void> {
  await withFileLock(file, USERS_LABEL, async () => {
    const users = edit(await readUsersFile(file).catch(noneYet))
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

function checkPassword(password: string): void {
  if (password.length >= 1 && password.length <= MAX_PASSWORD_LENGTH) return
  throw new UsersInvalidError(
    `A password must have 1 to ${MAX_PASSWORD_LENGTH} characters; this one has ${password.length}.`,
  )
}
