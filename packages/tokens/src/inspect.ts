import { decodeRecord } from './record/codec.ts'
import { listKeyOf } from './record/payload.ts'
import { endsAtMs } from './record/record.ts'
import { digestToken, publicId, recordKey } from './token/digest.ts'
import { parseToken } from './token/format.ts'

/** The key under which Redis keeps a token's record, or null when the text is no token. For audits of a data set. */
export function tokenKey(token: string): string | null {
  const parsed = parseToken(token)
  return parsed && recordKey(parsed.tag, digestToken(token)).key
}

/** The public id of a token, or null when the text is no token. For logs. */
export function tokenId(token: string): string | null {
  return parseToken(token) && publicId(digestToken(token))
}

/**
 * The id of the key of the ring that the list of sessions needs for this value of Redis, at `nowMs` (Unix time in
 * milliseconds); null when it is no live session.
 */
export function listKeyOfRecord(bytes: Buffer, nowMs: number): string | null {
  const record = decodeRecord(bytes)
  return record?.state === 'live' && nowMs < endsAtMs(record) ? listKeyOf(record.payload) : null
}

/**
 * Whether the value that Redis stores under a token's key is a live session at `nowMs` (Unix time in milliseconds).
 */
export function recordIsLive(bytes: Buffer, nowMs: number): boolean {
  const record = decodeRecord(bytes)
  return record?.state === 'live' && nowMs < endsAtMs(record)
}

/**
 * True for an internal subject. The gateway stores state that its processes share under such subjects, for example a
 * login that is in progress. Lists of sessions leave them out.
 */
export function isBookkeeping(subject: string): boolean {
  return subject.startsWith(BOOKKEEPING)
}

/** The prefix of internal subjects. */
export const BOOKKEEPING = 'holdfast:'
