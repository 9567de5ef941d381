import { decodeRecord } from './record/codec.ts'
import { listKeyOf } from './record/payload.ts'
import { endsAtMs } from './record/record.ts'
import { digestToken, publicId, recordKey } from './token/digest.ts'
import { parseToken } from './token/format.ts'

/**
 * Returns the key under which Redis stores the record of a token, or null if the text is not a token. For audits of
 * a data set.
 */
export function tokenKey(token: string): string | null {
  const parsed = parseToken(token)
  return parsed && recordKey(parsed.tag, digestToken(token)).key
}

/** Returns the public id of a token, or null if the text is not a token. For logs. */
export function tokenId(token: string): string | null {
  return parseToken(token) && publicId(digestToken(token))
}

/**
 * Returns the id of the sealing key that the session list needs to open this Redis value at `nowMs` (Unix time in
 * milliseconds), or null if the value is not a live session.
 */
export function listKeyOfRecord(bytes: Buffer, nowMs: number): string | null {
  const record = decodeRecord(bytes)
  return record?.state === 'live' && nowMs < endsAtMs(record) ? listKeyOf(record.payload) : null
}

/**
 * Returns whether the value that Redis stores under the key of a token is a live session at `nowMs` (Unix time in
 * milliseconds).
 */
export function recordIsLive(bytes: Buffer, nowMs: number): boolean {
  const record = decodeRecord(bytes)
  return record?.state === 'live' && nowMs < endsAtMs(record)
}

/**
 * Returns true for an internal subject. The gateway uses internal subjects for state that its processes share, for
 * example a login in progress. Session lists leave them out.
 */
export function isBookkeeping(subject: string): boolean {
  return subject.startsWith(BOOKKEEPING)
}

/** The prefix of internal subjects. */
export const BOOKKEEPING = 'holdfast:'
