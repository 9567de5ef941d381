import { versionOf } from '../files/version.ts'
import { accountOf } from '../limits/names.ts'
import { readUsersFile, type User } from './file.ts'

/** The users, as the file currently lists them. */
export interface UserDirectory {
  /** The user of this name, or undefined. */
  find(name: string): Promise<User | undefined>
  /** True when a user has this name, or one that differs only in case or width, which many programs ignore. */
  isTaken(name: string): Promise<boolean>
}

/**
 * Opens a users file. Each `find` checks it with one `stat`, and reads it again after a change. If the new file is broken,
 * `onProblem` receives one sentence and the last valid users stay in use: a typing mistake must not lock every user out.
 * Throws `FILE_UNUSABLE` or `USERS_INVALID` when the first reading fails.
 */
export async function openUserDirectory(
  file: string,
  onProblem: (sentence: string) => void,
): Promise<UserDirectory> {
  let readVersion = await versionOf(file)
  let users = indexed(await readUsersFile(file))
  let reading: Promise<void> | null = null

  async function read(): Promise<void> {
    // Taken before reading, so that a change during the reading is noticed at the next check.
    const version = await versionOf(file)
    try {
      users = indexed(await readUsersFile(file))
    } catch (error) {
      onProblem(`${(error as Error).message} The users of the last valid file stay in use.`)
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
    // The first reading may have begun before the change that was seen here; the next one did not.
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
