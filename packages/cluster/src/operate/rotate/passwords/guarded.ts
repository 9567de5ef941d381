import { createHash } from 'node:crypto'
import { Connection, formatAddress, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'
import type { Nodes } from '../../../redis/nodes.ts'
import type { Sentinels } from '../../../redis/sentinels.ts'
import { type Group, processName, redisAddress, sentinelAddress } from '../../../topology/topology.ts'
import { type PasswordName, passwordUser } from './users.ts'

/** A Redis or a Sentinel, whose users have passwords. */
export interface Guarded {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  address: NodeAddress
  asked: Nodes | Sentinels
}

/** One user of one process, with hashes of passwords: no password goes over a connection but to log in. */
export interface Grant {
  user: string
  secret: PasswordName
}

/** Deadline of each command; saving waits for the disk (in milliseconds). */
const PATIENCE_MS = 3000

/** Every Redis and every Sentinel. */
export function guardedProcesses(topology: Group, nodes: Nodes, sentinels: Sentinels): Guarded[] {
  return [
    ...topology.dataHosts.map((host, index): Guarded => {
      return {
        kind: 'redis',
        name: processName('redis', index, host),
        address: redisAddress(host),
        asked: nodes,
      }
    }),
    ...topology.dataHosts.map((host, index): Guarded => {
      return {
        kind: 'sentinel',
        name: processName('sentinel', index, host),
        address: sentinelAddress(host),
        asked: sentinels,
      }
    }),
  ]
}

/** The users of that process that have one of the passwords. Pure. */
export function grantsOn({ kind }: Pick<Guarded, 'kind'>, secrets: readonly PasswordName[]): Grant[] {
  return secrets.flatMap((secret) => {
    const user = passwordUser(secret)[kind]
    return user === null ? [] : [{ user, secret }]
  })
}

/** Lets each user log in by one more password, and writes that down. Again, it changes nothing. */
export async function accept(
  process: Guarded,
  grants: readonly (Grant & { password: string })[],
): Promise<void> {
  if (grants.length === 0) return
  const set = grants.map(({ user, password }) => ['ACL', 'SETUSER', user, `#${sha256(password)}`])
  await process.asked.send(process.address, [...set, saveOf(process)], PATIENCE_MS)
}

/**
 * Takes a password from each user, and writes that down; connections that logged in by it stay. Again, it changes
 * nothing. Rejects, changing nothing, when a user would be left without the other one.
 */
export async function refuse(
  process: Guarded,
  grants: readonly (Grant & { password: string; keeps: string })[],
): Promise<void> {
  if (grants.length === 0) return
  const commands: string[][] = []
  for (const { user, password, keeps } of grants) {
    const hashes = await hashesOf(process, user)
    if (!hashes.includes(sha256(keeps))) throw new Error(`"${user}" does not have its other password.`)
    if (hashes.includes(sha256(password))) commands.push(['ACL', 'SETUSER', user, `!${sha256(password)}`])
  }
  // Also when nothing is left to take: a run before this one may have died before it was written down.
  await process.asked.send(process.address, [...commands, saveOf(process)], PATIENCE_MS)
  for (const { user, password } of grants) {
    if ((await hashesOf(process, user)).includes(sha256(password)))
      throw new Error(`"${user}" has the password still.`)
  }
}

/**
 * Logs in afresh as each user. Where the process says that it does not have that password nobody tries: the attempt would
 * stand in its log of denials.
 */
export async function proveLogins(
  process: Guarded,
  grants: readonly (Grant & { password: string })[],
  tls: TlsOptions | null,
): Promise<void> {
  for (const { user, password } of grants) {
    if (!(await hashesOf(process, user)).includes(sha256(password)))
      throw new Error(`"${user}" does not have its new password.`)
    const connection = await Connection.open({
      address: process.address,
      username: user,
      password,
      ...(tls && { tls }),
      connectTimeoutMs: PATIENCE_MS,
    })
    connection.close()
  }
}

/** The names of its users. */
export async function usersOf({ asked, address }: Guarded): Promise<string[]> {
  const [users] = await asked.send(address, [['ACL', 'USERS']], PATIENCE_MS)
  return Array.isArray(users) ? users.map(String) : []
}

/** SHA-256 of the user's passwords, in hexadecimal. */
async function hashesOf({ asked, address }: Guarded, user: string): Promise<string[]> {
  const [found] = await asked.send(address, [['ACL', 'GETUSER', user]], PATIENCE_MS)
  if (found === null || typeof found !== 'object' || Array.isArray(found) || Buffer.isBuffer(found))
    throw new Error(`There is no user "${user}".`)
  const { passwords } = found
  return Array.isArray(passwords) ? passwords.map(String) : []
}

/** `redis-1 (10.1.2.3:6379)` */
export const labelOf = ({ name, address }: Guarded): string => `${name} (${formatAddress(address)})`

const saveOf = ({ kind }: Guarded) => (kind === 'redis' ? ['ACL', 'SAVE'] : ['SENTINEL', 'FLUSHCONFIG'])

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
