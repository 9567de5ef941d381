import { decodeRecord } from './record/codec.ts'
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

/** Whether the value that Redis keeps under a token's key is a live session at `nowMs` (Unix time in milliseconds). */
export function recordIsLive(bytes: Buffer, nowMs: number): boolean {
  const record = decodeRecord(bytes)
  return record?.state === 'live' && nowMs < endsAtMs(record)
}
