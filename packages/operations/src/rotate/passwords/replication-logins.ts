import type { Nodes } from '@holdfast/agent/redis/nodes'
import { readField } from '@holdfast/agent/redis/replies'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { AclProcess } from './acl-processes.ts'
import type { PasswordName } from './users.ts'

/** Deadline of one command; writing a file waits for the disk (in milliseconds). */
const COMMAND_TIMEOUT_MS = 3000

/** Makes a Redis log in to its primary with the new password at its next connection, and saves that. */
export async function setReplicaLogin({ clients, address }: AclProcess, secrets: Secrets): Promise<void> {
  const set = ['CONFIG', 'SET', 'masterauth', secrets.replica]
  await clients.send(address, [set, ['CONFIG', 'REWRITE']], COMMAND_TIMEOUT_MS)
}

/** Makes a Sentinel log in to every Redis and to the other Sentinels with the new passwords: it reconnects at once. */
export async function setSentinelLogins(
  { clients, address }: AclProcess,
  primaryName: string,
  secrets: Secrets,
  users: readonly PasswordName[],
): Promise<void> {
  const commands = [
    ...(users.includes('sentinel') ? [['SENTINEL', 'SET', primaryName, 'auth-pass', secrets.sentinel]] : []),
    ...(users.includes('peer') ? [['SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', secrets.peer]] : []),
  ]
  if (commands.length > 0)
    await clients.send(address, [...commands, ['SENTINEL', 'FLUSHCONFIG']], COMMAND_TIMEOUT_MS)
}

/** A Sentinel reports a reply a little late, and its clock counts whole milliseconds. */
const MARGIN_MS = 20

/**
 * Null when every process that the Sentinel watches has answered it since that time, on connections that are newer,
 * otherwise the address of one that has not.
 */
export async function silentPeerOf(
  { clients, address }: AclProcess,
  primaryName: string,
  sinceMs: number,
): Promise<string | null> {
  const askedAtMs = performance.now()
  const [primary, ...lists] = await clients.send(
    address,
    [
      ['SENTINEL', 'MASTER', primaryName],
      ['SENTINEL', 'REPLICAS', primaryName],
      ['SENTINEL', 'SENTINELS', primaryName],
    ],
    COMMAND_TIMEOUT_MS,
  )
  const watched = [primary, ...lists.flatMap((list) => (Array.isArray(list) ? list : []))]
  const silent = watched.find((one) => {
    const isLinked = !/disconnected|s_down/.test(readField(one, 'flags'))
    return !isLinked || Number(readField(one, 'last-ok-ping-reply')) > askedAtMs - sinceMs - MARGIN_MS
  })
  return silent === undefined ? null : `${readField(silent, 'ip')}:${readField(silent, 'port')}`
}

/** Cuts a replica's link, as a network would. Answers a question: whether a new link has caught up. */
export async function cutLink(
  nodes: Nodes,
  replica: NodeAddress,
  primary: NodeAddress,
): Promise<() => Promise<boolean>> {
  const before = await linkOf(nodes, replica)
  const { offset } = await nodes.view(primary, COMMAND_TIMEOUT_MS)
  await nodes.send(replica, [['CLIENT', 'KILL', 'TYPE', 'master']], COMMAND_TIMEOUT_MS)
  return async () => {
    const now = await nodes.view(replica, COMMAND_TIMEOUT_MS)
    if (!now.linkUp || now.primaryAddress !== formatAddress(primary) || now.offset < offset) return false
    const link = await linkOf(nodes, replica)
    return link !== null && link !== before
  }
}

/** The replica's own address on its link to the primary, whose client number stays; null without a link. */
async function linkOf(nodes: Nodes, address: NodeAddress): Promise<string | null> {
  const [list] = await nodes.send(address, [['CLIENT', 'LIST', 'TYPE', 'MASTER']], COMMAND_TIMEOUT_MS)
  return / laddr=(\S+) /m.exec(String(list))?.[1] ?? null
}
