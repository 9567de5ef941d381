import { formatAddress } from '@holdfast/tokens/redis'
import type { Nodes, NodeView } from '../../../redis/nodes.ts'
import { readField } from '../../../redis/replies.ts'
import type { Secrets } from '../../../secrets/secrets.ts'
import type { Guarded } from './guarded.ts'
import type { PasswordName } from './users.ts'

/** Deadline of each command; writing a file waits for the disk (in milliseconds). */
const PATIENCE_MS = 3000

/** Lets a Redis log in to its primary by the new password, the next time that it must, and writes that down. */
export async function moveReplica({ asked, address }: Guarded, secrets: Secrets): Promise<void> {
  const set = ['CONFIG', 'SET', 'masterauth', secrets.replica]
  await asked.send(address, [set, ['CONFIG', 'REWRITE']], PATIENCE_MS)
}

/** Lets a Sentinel log in to every Redis and to the other Sentinels by the new passwords: it connects anew at once. */
export async function moveSentinel(
  { asked, address }: Guarded,
  primaryName: string,
  secrets: Secrets,
  users: readonly PasswordName[],
): Promise<void> {
  const commands = [
    ...(users.includes('sentinel') ? [['SENTINEL', 'SET', primaryName, 'auth-pass', secrets.sentinel]] : []),
    ...(users.includes('peer') ? [['SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', secrets.peer]] : []),
  ]
  if (commands.length > 0) await asked.send(address, [...commands, ['SENTINEL', 'FLUSHCONFIG']], PATIENCE_MS)
}

/** A Sentinel is told a little later what it has just been answered, and by a clock that counts whole milliseconds. */
const MARGIN_MS = 20

/**
 * Null when all that the Sentinel watches has answered it since so many milliseconds ago: on connections that it has
 * opened since. Else who has not.
 */
export async function whoIsSilentTo(
  { asked, address }: Guarded,
  primaryName: string,
  sinceMs: number,
): Promise<string | null> {
  const askedAtMs = performance.now()
  const [primary, ...lists] = await asked.send(
    address,
    [
      ['SENTINEL', 'MASTER', primaryName],
      ['SENTINEL', 'REPLICAS', primaryName],
      ['SENTINEL', 'SENTINELS', primaryName],
    ],
    PATIENCE_MS,
  )
  const watched = [primary, ...lists.flatMap((list) => (Array.isArray(list) ? list : []))]
  const silent = watched.find((one) => {
    const isLinked = !/disconnected|s_down/.test(readField(one, 'flags'))
    return !isLinked || Number(readField(one, 'last-ok-ping-reply')) > askedAtMs - sinceMs - MARGIN_MS
  })
  return silent === undefined ? null : `${readField(silent, 'ip')}:${readField(silent, 'port')}`
}

/** Ends a replica's link, as a network would, and answers a question: whether a new one has caught up. */
export async function relink(
  nodes: Nodes,
  replica: NodeView,
  primary: NodeView,
): Promise<() => Promise<boolean>> {
  const before = await linkOf(nodes, replica)
  const { offset } = await nodes.view(primary.address, PATIENCE_MS)
  await nodes.send(replica.address, [['CLIENT', 'KILL', 'TYPE', 'master']], PATIENCE_MS)
  return async () => {
    const now = await nodes.view(replica.address, PATIENCE_MS)
    if (!now.linkUp || now.primaryAddress !== formatAddress(primary.address) || now.offset < offset)
      return false
    const link = await linkOf(nodes, replica)
    return link !== null && link !== before
  }
}

/** Its own end of the connection over which a replica gets its primary's writes, whose number stays; null when there is none. */
async function linkOf(nodes: Nodes, { address }: NodeView): Promise<string | null> {
  const [list] = await nodes.send(address, [['CLIENT', 'LIST', 'TYPE', 'MASTER']], PATIENCE_MS)
  return / laddr=(\S+) /m.exec(String(list))?.[1] ?? null
}
