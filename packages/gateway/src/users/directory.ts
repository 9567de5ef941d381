import { versionOf } from '../files/version.ts'
import { accountOf } from '../limits/names.ts'
import { readUsersFile, type User } from './file.ts'

/** The users, as the file currently lists them. */
export interface UserDirectory {
  /**
   * The user of this name, or undefined. Keyboards of phones begin a name with a capital or end it with a blank, so another
   * spelling finds the user, too, if only one user's name has it: see `accountOf`.
   */
  find(name: string): Promise<User | undefined>
  /** True when a user has this name, or one that differs only in case, width or outer blanks. */
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
  let users = await readIndexed()
  let reading: Promise<void> | null = null

  async function readIndexed(): Promise<ReturnType<typeof indexed>> {
    const read = indexed(await readUsersFile(file))
    for (const alike of read.byAccount.values()) {
      if (alike.length === 1) continue
      const names = alike.map(({ name }) => `"${name}"`).join(', ')
      onProblem(
        `In the users file ${file}, ${names} differ only in case or width: each must be typed exactly. Rename all but one.`,
      )
    }
    return read
  }

  async function read(): Promise<void> {
    // Taken before reading, so that a change during the reading is noticed at the next check.
    const version = await versionOf(file)
    try {
      users = await readIndexed()
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
    async find(name) {
      const { byName, byAccount } = await current()
      const exact = byName.get(name.normalize('NFC'))
      if (exact !== undefined) return exact
      const [user, another] = byAccount.get(accountOf(name)) ?? []
      return another === undefined ? user : undefined
    },
    isTaken: async (name) => (await current()).byAccount.has(accountOf(name)),
  }
}

function indexed(users: readonly User[]) {
  return {
    byName: new Map(users.map((user) => [user.name, user])),
    byAccount: Map.groupBy(users, ({ name }) => accountOf(name)),
  }
}
