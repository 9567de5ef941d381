import { parseBase36, toBase36 } from './base36.ts'
import { decodeExternal, encodeExternal } from './external-codec.ts'
import type { TokenRecord } from './record.ts'

/**
 * Encodes a record as bytes: `1L<version>:<issuedAtMs>:<idle>:<expires>:<payload>`, or `1R<expiresAtMs>` for a
 * tombstone; `1X` begins the record of an external session (external-codec.ts). `idle` and `expires` are the limits in
 * milliseconds after the issue. Numbers are in base 36 and the payload is binary. The leading 1 is the version of the
 * format. Lua reads it too.
 *
 * Throws `RangeError` if a limit is before the issue.
 */
export function encodeRecord(record: TokenRecord): Buffer {
  if (record.state === 'revoked') return Buffer.from(`1R${toBase36(record.expiresAtMs)}`)
  const { version, idleUntilMs, issuedAtMs, expiresAtMs, payload, external } = record
  if (external !== undefined) return encodeExternal(record, external)
  const numbers = [version, issuedAtMs, idleUntilMs - issuedAtMs, expiresAtMs - issuedAtMs]
  const header = `1L${numbers.map(toBase36).join(':')}:`
  const bytes = Buffer.allocUnsafe(header.length + payload.length)
  bytes.write(header, 'latin1')
  payload.copy(bytes, header.length)
  return bytes
}

/** Decodes a record, or returns null if the bytes are not a record. */
export function decodeRecord(bytes: Buffer): TokenRecord | null {
  if (bytes[0] !== 0x31) return null
  if (bytes[1] === 0x52) {
    const expiresAtMs = parseBase36(bytes, 2, bytes.length)
    return expiresAtMs === null ? null : { state: 'revoked', expiresAtMs }
  }
  if (bytes[1] === 0x58) return decodeExternal(bytes)
  if (bytes[1] !== 0x4c) return null
  const numbers: number[] = []
  let start = 2
  for (let field = 0; field < 4; field++) {
    const end = bytes.indexOf(0x3a, start)
    const value = end < 0 ? null : parseBase36(bytes, start, end)
    if (value === null) return null
    numbers.push(value)
    start = end + 1
  }
  const [version = 0, issuedAtMs = 0, idle = 0, expires = 0] = numbers
  return {
    state: 'live',
    version,
    idleUntilMs: issuedAtMs + idle,
    issuedAtMs,
    expiresAtMs: issuedAtMs + expires,
    payload: bytes.subarray(start),
  }
}
