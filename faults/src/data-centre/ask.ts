import { Connection, parseReplication, type ReplicationView, type Reply } from '@holdfast/tokens/redis'
import {
  addressOf,
  type DataHost,
  type FOREIGN_PLACE,
  REDIS_PORT,
  SENTINEL_PORT,
  type SentinelPlace,
} from '../hosts/places.ts'
import { CAMPAIGN, PRIMARY_NAME } from './names.ts'

const COMMAND_TIMEOUT_MS = 1000

/**
 * Sends a command to a Redis or a Sentinel as the campaign's own user, over a new connection. Rejects when the
 * server does not answer.
 */
export async function ask(
  place: DataHost | SentinelPlace | typeof FOREIGN_PLACE,
  args: readonly (string | Buffer)[],
  timeoutMs = COMMAND_TIMEOUT_MS,
): Promise<Reply> {
  const port = place.length === 1 ? REDIS_PORT : SENTINEL_PORT
  const connection = await Connection.open({
    address: { host: addressOf(place), port },
    ...CAMPAIGN,
    connectTimeoutMs: COMMAND_TIMEOUT_MS,
  })
  try {
    return await connection.send(args, timeoutMs)
  } finally {
    connection.close()
  }
}

export async function answersPing(place: Parameters<typeof ask>[0]): Promise<boolean> {
  try {
    await ask(place, ['PING'])
    return true
  } catch {
    return false
  }
}

/** The replication state that a Redis reports, or null when the Redis does not answer. */
export async function viewOf(host: DataHost): Promise<ReplicationView | null> {
  try {
    return parseReplication(String(await ask(host, ['INFO', 'replication'])))
  } catch {
    return null
  }
}

/** One field of the primary that a Sentinel reports (`SENTINEL MASTER`). Empty when the Sentinel does not answer. */
export async function fieldOfPrimary(sentinel: SentinelPlace, field: 'flags' | 'ip'): Promise<string> {
  const primary = await ask(sentinel, ['SENTINEL', 'MASTER', PRIMARY_NAME]).catch(() => null)
  return String((primary as Record<string, unknown> | null)?.[field] ?? '')
}

/** Whether a Sentinel leads a failover, and has chosen the replica that it promotes. */
export async function hasChosen(sentinel: SentinelPlace): Promise<boolean> {
  const replicas = await ask(sentinel, ['SENTINEL', 'REPLICAS', PRIMARY_NAME]).catch(() => null)
  const all = (Array.isArray(replicas) ? replicas : []) as Record<string, unknown>[]
  return all.some(({ flags }) => String(flags).split(',').includes('promoted'))
}
