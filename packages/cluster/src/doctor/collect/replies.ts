import { AuthFailedError, RedisReplyError } from '@holdfast/tokens'
import { formatAddress, type Reply } from '@holdfast/tokens/redis'
import { readAddress, readClients, readField } from '../../redis/replies.ts'
import type { AclDenial, Asked, ConnectedClient, KnownPeer } from '../snapshot.ts'

/** A reply that is a map, as texts. */
export function readMap(reply: Reply | undefined): Record<string, string> {
  if (reply === null || typeof reply !== 'object' || Array.isArray(reply) || Buffer.isBuffer(reply)) return {}
  return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, String(value)]))
}

export function readDenial(entry: Reply): AclDenial {
  return {
    reason: readField(entry, 'reason'),
    object: readField(entry, 'object'),
    username: readField(entry, 'username'),
    count: Number(readField(entry, 'count')),
    ageSeconds: Number(readField(entry, 'age-seconds')),
  }
}

export function readPeer(entry: Reply): KnownPeer {
  const address = readAddress(entry)
  return { ...address, at: formatAddress(address), flags: readField(entry, 'flags').split(',') }
}

/** How a process refuses the admin, by the error with which it answers; null when it does not answer. */
export function refusalIn(error: unknown): Asked<unknown>['refusal'] {
  if (error instanceof AuthFailedError) return 'password'
  if (!(error instanceof RedisReplyError)) return null
  return error.kind === 'NOPERM' ? 'rights' : 'error'
}

/** The clients that use a process: not those that have sent nothing, nor Holdfast's own commands, which are admins. */
export const clientsIn = (reply: Reply | undefined): ConnectedClient[] =>
  readClients(reply)
    .filter(({ user, lastCommand }) => user !== 'admin' && lastCommand !== 'NULL')
    .map(({ user, host }) => ({ user, host }))
