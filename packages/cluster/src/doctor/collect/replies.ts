import type { Reply } from '@holdfast/tokens/redis'
import { formatAddress } from '@holdfast/tokens/redis'
import { readAddress, readField } from '../../redis/lines.ts'
import type { AclDenial, KnownPeer } from '../snapshot.ts'

export const readList = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : [])

/** A reply that is a map, as texts. */
export function readMap(reply: Reply | undefined): Record<string, string> {
  if (reply === null || typeof reply !== 'object' || Array.isArray(reply) || Buffer.isBuffer(reply)) return {}
  return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, String(value)]))
}

/** The fields of an `INFO` reply. */
export function readInfo(reply: Reply | undefined): Record<string, string> {
  const lines = String(reply ?? '').split('\r\n')
  return Object.fromEntries(
    lines
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
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
