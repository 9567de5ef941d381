import { createHash } from 'node:crypto'
import { type GroupClients, plannedProcesses } from '@holdfast/agent/group/snapshot'
import type { Nodes } from '@holdfast/agent/redis/nodes'
import type { Sentinels } from '@holdfast/agent/redis/sentinels'
import { Connection, formatAddress, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'
import { type PasswordName, passwordUser } from './users.ts'

/** A Redis or a Sentinel: a process with ACL users. */
export interface AclProcess {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  address: NodeAddress
  clients: Nodes | Sentinels
}

/** An ACL user of a process, and the name of its password. */
export interface Grant {
  user: string
  secret: PasswordName
}

/** Deadline of one command; saving waits for the disk (in milliseconds). */
const COMMAND_TIMEOUT_MS = 3000

/** Every Redis, then every Sentinel. */
export function aclProcesses({ topology, nodes, sentinels }: GroupClients): AclProcess[] {
  const planned = plannedProcesses(topology)
  return [
    ...planned.redis.map((process) => ({ ...process, clients: nodes })),
    ...planned.sentinels.map((process) => ({ ...process, clients: sentinels })),
  ]
}

/** The users of that process that log in with one of the passwords. Pure. */
export function grantsOn({ kind }: Pick<AclProcess, 'kind'>, secrets: readonly PasswordName[]): Grant[] {
  return secrets.flatMap((secret) => {
    const user = passwordUser(secret)[kind]
    return user === null ? [] : [{ user, secret }]
  })
}

/** Adds a password to each user, by its hash, and saves that. A second call changes nothing. */
export async function addPasswords(
  process: AclProcess,
  grants: readonly (Grant & { password: string })[],
): Promise<void> {
  if (grants.length === 0) return
  const set = grants.map(({ user, password }) => ['ACL', 'SETUSER', user, `#${sha256(password)}`])
  await send(process, [...set, saveOf(process)])
}

/**
 * Removes a password from each user, and saves that; connections that logged in with it stay. A second call changes
 * nothing. Rejects, and changes nothing, when a user would be left without the password in `keeps`.
 */
export async function removePasswords(
  process: AclProcess,
  grants: readonly (Grant & { password: string; keeps: string })[],
): Promise<void> {
  if (grants.length === 0) return
  const commands: string[][] = []
  for (const { user, password, keeps } of grants) {
    const hashes = await hashesOf(process, user)
    if (!hashes.includes(sha256(keeps)))
      throw new Error(`The user "${user}" has lost the password that it must keep.`)
    if (hashes.includes(sha256(password))) commands.push(['ACL', 'SETUSER', user, `!${sha256(password)}`])
  }
  // Saved even when nothing is left to remove: an earlier run may have died before it saved.
  await send(process, [...commands, saveOf(process)])
  for (const { user, password } of grants) {
    if ((await hashesOf(process, user)).includes(sha256(password)))
      throw new Error(`"${user}" still has the password.`)
  }
}

/**
 * Logs in as each user over a new connection. Checks the user's hashes first: a failed attempt would stand in the ACL log
 * of the process.
 */
export async function proveLogins(
  process: AclProcess,
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
      connectTimeoutMs: COMMAND_TIMEOUT_MS,
    })
    connection.close()
  }
}

/** The names of its users. */
export async function usersOf(process: AclProcess): Promise<string[]> {
  const [users] = await send(process, [['ACL', 'USERS']])
  return Array.isArray(users) ? users.map(String) : []
}

/** SHA-256 of the user's passwords, in hexadecimal. */
async function hashesOf(process: AclProcess, user: string): Promise<string[]> {
  const [found] = await send(process, [['ACL', 'GETUSER', user]])
  if (found === null || typeof found !== 'object' || Array.isArray(found) || Buffer.isBuffer(found))
    throw new Error(`There is no user "${user}".`)
  const { passwords } = found
  return Array.isArray(passwords) ? passwords.map(String) : []
}

/** Users whose connections are an application's. */
const APPLICATION_USERS = ['app', 'platform']

/** The connections of applications to all processes, by process and number. `proxyUsers`: as for `choosePasswords`. */
export async function applicationConnections(
  processes: readonly AclProcess[],
  proxyUsers: readonly string[] = [],
): Promise<Set<string>> {
  const applications = [...APPLICATION_USERS, ...proxyUsers]
  const lists = await Promise.all(
    processes.map(async (process) => {
      const [list] = await send(process, [['CLIENT', 'LIST']])
      return [...String(list).matchAll(/^id=(\d+) .* user=(\S+)/gm)]
        .filter(([, , user = '']) => applications.includes(user))
        .map(([, id]) => `${process.name}/${id}`)
    }),
  )
  return new Set(lists.flat())
}

/** `redis-1 (10.1.2.3:6379)` */
export const labelOf = ({ name, address }: AclProcess): string => `${name} (${formatAddress(address)})`

const send = ({ clients, address }: AclProcess, commands: string[][]) =>
  clients.send(address, commands, COMMAND_TIMEOUT_MS)

const saveOf = ({ kind }: AclProcess) => (kind === 'redis' ? ['ACL', 'SAVE'] : ['SENTINEL', 'FLUSHCONFIG'])

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
