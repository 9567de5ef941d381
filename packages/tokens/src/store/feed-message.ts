import { parseWhole } from '../network-text.ts'
import { decodeRecord } from '../record/codec.ts'
import type { TokenRecord } from '../record/record.ts'
import { parseRecordKey, parseSubjectKey } from '../token/digest.ts'

/** A record that some process has just merged. */
export interface FeedRecord {
  key: string
  /** The index that lists the session, or null for a tombstone. */
  subjectKey: string | null
  record: TokenRecord
}

const SPACE = 0x20

/**
 * Reads the records of one message of the feed: for each its key, its subject's key or `-`, its length in bytes and its
 * bytes, with a space behind each. Null when any part of it cannot be read: then it may have reported something that
 * this process does not know. Takes time in proportion to the message.
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
    if (!belongTogether(key, subjectKey)) return null
    // A copy, so that a record that is kept does not keep the whole message.
    const record = decodeRecord(Buffer.from(message.subarray(at, at + length)))
    if (record === null) return null
    records.push({ key, subjectKey, record })
    at += length + 1
  }
  return records
}

/** Reads the keys of durable tombstones, with a space between. Null when any of them is not the key of a record. */
export function parseSettledMessage(message: Buffer): string[] | null {
  const keys = message.toString('latin1').split(' ')
  return keys.every((key) => parseRecordKey(key) !== null) ? keys : null
}

/** A record's key, and an index in the same shard or none. */
function belongTogether(key: string, subjectKey: string | null): boolean {
  const record = parseRecordKey(key)
  return record !== null && (subjectKey === null || parseSubjectKey(subjectKey)?.tag === record.tag)
}
