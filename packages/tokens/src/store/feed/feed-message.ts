import { parseWhole } from '../../network-text.ts'
import { decodeRecord } from '../../record/codec.ts'
import type { TokenRecord } from '../../record/record.ts'
import { parseRecordKey, parseSubjectKey } from '../../token/digest.ts'

/** A record that a process has just merged. */
export interface FeedRecord {
  key: string
  /** The index that lists the session, or null for a tombstone. */
  subjectKey: string | null
  record: TokenRecord
}

const SPACE = 0x20

/**
 * Reads the records of one message of the feed. Each record consists of its key, the key of its subject or `-`, its
 * length in bytes and its bytes, each followed by a space. Returns null if any part cannot be read: then the
 * message may contain news that this process does not know. The time is proportional to the size of the message.
 * INV-TOKENS-49.
 */
export function parseFeedMessage(message: Buffer): FeedRecord[] | null {
  const records: FeedRecord[] = []
  let at = 0
  const next = (): string | null => {
    const end = message.indexOf(SPACE, at)
    if (end < 0) return null
    const text = message.toString('latin1', at, end)
    at = end + 1
    return text
  }
  while (at < message.length) {
    const [key, subject, length] = [next(), next(), parseWhole(next())]
    if (key === null || subject === null || length === null || message[at + length] !== SPACE) return null
    const subjectKey = subject === '-' ? null : subject
    // A copy, so that a stored record does not keep the whole message in memory.
    const record = decodeRecord(Buffer.from(message.subarray(at, at + length)))
    if (record === null || !belongTogether(key, subjectKey, record)) return null
    records.push({ key, subjectKey, record })
    at += length + 1
  }
  return records
}

/**
 * Reads the keys of durable tombstones, separated by spaces. Returns null if any of them is not the key of a
 * record.
 */
export function parseSettledMessage(message: Buffer): string[] | null {
  const keys = message.toString('latin1').split(' ')
  return keys.every((key) => parseRecordKey(key) !== null) ? keys : null
}

/**
 * Whether the key is the key of a record, and the index, if any, the one of its subject: in the same shard for a live
 * session of a token, and as the record says for an external session.
 */
function belongTogether(key: string, subjectKey: string | null, record: TokenRecord): boolean {
  const parsed = parseRecordKey(key)
  if (parsed === null) return false
  if (record.state === 'live' && record.external !== undefined) return subjectKey === record.external.index
  if (subjectKey === null) return true
  const index = parseSubjectKey(subjectKey)
  return index !== null && (record.state === 'revoked' || index.tag === parsed.tag)
}
