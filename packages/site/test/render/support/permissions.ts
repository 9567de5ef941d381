import { RedisReplyError } from '@holdfast/tokens'
import { Connection, type NodeAddress } from '@holdfast/tokens/redis'
import { mayRun, type UserAccess } from './access-table.ts'
import { type Command, commandsOf, texts, withKey, wordsOf } from './server-commands.ts'

const PATIENCE_MS = 10_000
/** MODULE and DEBUG are disabled for all users, and Redis checks that first. */
const DENIAL = /NOPERM.* to run the |(MODULE|DEBUG) command not allowed/

export const connectAs = (address: NodeAddress, { name, password }: Pick<UserAccess, 'name' | 'password'>) =>
  Connection.open({ address, username: name, password, connectTimeoutMs: PATIENCE_MS })

/** The permissions of the users of a server, tested command by command. */
export class Permissions {
  readonly address: NodeAddress
  readonly admin: Connection
  readonly commands: Command[]

  private constructor(address: NodeAddress, admin: Connection, commands: Command[]) {
    this.address = address
    this.admin = admin
    this.commands = commands
  }

  static async of(address: NodeAddress, password: string): Promise<Permissions> {
    const admin = await connectAs(address, { name: 'admin', password })
    return new Permissions(address, admin, await commandsOf(admin))
  }

  async users(): Promise<string[]> {
    return texts(await this.admin.send(['ACL', 'USERS'], PATIENCE_MS)) as string[]
  }

  /** The commands that the user may run, whatever their arguments. */
  async runnable({ name }: UserAccess): Promise<string[]> {
    const asked = this.commands.map(async (command) => {
      const answer = await this.dryRun(name, wordsOf(command))
      return / to run the /.test(answer) ? [] : [command.name]
    })
    return (await Promise.all(asked)).flat().sort()
  }

  /** Sends each command that the user must not run. Returns those that the server did not reject with NOPERM. */
  async sendForbidden(user: UserAccess): Promise<{ sent: number; notDenied: string[] }> {
    const connection = await connectAs(this.address, user)
    try {
      const forbidden = this.commands.filter((command) => !mayRun(user, command))
      const notDenied: string[] = []
      for (const command of forbidden) {
        const refusal = await connection
          .send(wordsOf(command), PATIENCE_MS)
          .then(String, (error: unknown) => error)
        const isDenied = refusal instanceof RedisReplyError && DENIAL.test(refusal.message)
        if (!isDenied) notDenied.push(`${command.name}: ${refusal}`)
      }
      return { sent: forbidden.length, notDenied }
    } finally {
      connection.close()
    }
  }

  /** The commands with keys that the user may run, and whether each may access this key. */
  async onKey(user: UserAccess, key: string): Promise<{ command: string; isAllowed: boolean }[]> {
    const withKeys = this.commands.filter((command) => mayRun(user, command) && command.keySpecs.length > 0)
    return Promise.all(
      withKeys.map(async (command) => ({
        command: command.name,
        isAllowed: (await this.dryRun(user.name, withKey(command, key))) === 'OK',
      })),
    )
  }

  /** `OK`, or the reason for a denial. */
  async dryRun(user: string, words: string[]): Promise<string> {
    return String(await this.admin.send(['ACL', 'DRYRUN', user, ...words], PATIENCE_MS))
  }

  /** The denials since the server started. */
  async denials(): Promise<string[]> {
    const log = texts(await this.admin.send(['ACL', 'LOG'], PATIENCE_MS)) as Record<string, string>[]
    return log.map(({ username, reason, object }) => `${username}: ${reason} ${object}`)
  }
}
