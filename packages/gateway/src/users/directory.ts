import { versionOf } from '../files/version.ts'
import { accountOf } from '../limits/names.ts'
import { readUsersFile, type User } from './file.ts'

/** The users, as the file names them now. */
export interface UserDirectory {
  /** The user of this name, or undefined. */
  find(name: string): Promise<User | undefined>
  /** Whether a user has this name, or one that many programs take for the same: they differ in case or width alone. */
  isTaken(name: string): Promise<boolean>
}

/**
 * Opens a users file. It is looked at (one `stat`) at each `find` and read again when it changed. When the
 * new one is broken, `onProblem` gets one sentence and the last good users stay: a slip in an editor must
 * not lock everybody out. Throws `FILE_UNUSABLE` or `USERS_INVALID` when the first reading fails.
 */
export async function openUserDirectory(
  file: string,
  onProblem: (sentence: string) => void,
): Promise<UserDirectory> {
  let readVersion = await versionOf(file)
  let users = indexed(await readUsersFile(file))
  let reading: Promise<void> | null = null

  async function read(): Promise<void> {
    // Taken before the reading: a change during it shows at the next look.
    const version = await versionOf(file)
    try {
      users = indexed(await readUsersFile(file))
    } catch (error) {
      onProblem(`${(error as Error).message} The users that were read before stay in use.`)
    }
    readVersion = version
  }

  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = null
    })
    return reading
  }

  async function current(): Promise<ReturnType<typeof indexed>> {
    const version = await versionOf(file)
    if (version !== readVersion) await readOnce()
    // That reading may have begun before the change that was seen here; the next one did not.
    if (version !== readVersion) await readOnce()
    return users
  }

  return {
    find: async (name) => (await current()).byName.get(name),
    isTaken: async (name) => (await current()).accounts.has(accountOf(name)),
  }
}

function indexed(users: readonly User[]) {
  return {
    byName: new Map(users.map((user) => [user.name, user])),
    accounts: new Set(users.map(({ name }) => accountOf(name))),
  }
}
