import type { Reply } from '@holdfast/tokens/redis'
import { formatAddress } from '@holdfast/tokens/redis'
import { readAddress, readField } from '../../redis/lines.ts'
import type { AclDenial, KnownPeer } from '../snapshot.ts'

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
