import { readAddress, readClients, readField } from '@holdfast/agent/redis/replies'
import { formatAddress, type Reply } from '@holdfast/tokens/redis'
import type { AclDenial, ConnectedClient, KnownPeer } from '../snapshot.ts'

/** Reads a reply that is a map; its values as text. */
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

/** The clients that use a process, without those that have sent nothing, and without Holdfast's commands, which run as admin. */
export const clientsIn = (reply: Reply | undefined): ConnectedClient[] =>
  readClients(reply)
    .filter(({ user, lastCommand }) => user !== 'admin' && lastCommand !== 'NULL')
    .map(({ user, name, host }) => ({ user, name, host }))
