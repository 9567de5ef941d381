import type { TokenRecord } from './record.ts'

/**
 * Encodes a record as bytes: `1L<version>:<issuedAtMs>:<idle>:<expires>:<payload>`, or `1R<expiresAtMs>` for a
 * tombstone. `idle` and `expires` are the limits in milliseconds after the issue. Numbers are in base 36 and the
 * payload is binary, because every byte is stored three times in memory and on disk. The leading 1 is the version
 * of the format. Lua reads it too.
 *
 * Throws `RangeError` if a limit is before the issue.
 */
export function encodeRecord(record: TokenRecord): Buffer {
  if (record.state === 'revoked') return Buffer.from(`1R${text(record.expiresAtMs)}`)
  const { version, idleUntilMs, issuedAtMs, expiresAtMs, payload } = record
  const numbers = [version, issuedAtMs, idleUntilMs - issuedAtMs, expiresAtMs - issuedAtMs]
  const header = `1L${numbers.map(text).join(':')}:`
  const bytes = Buffer.allocUnsafe(header.length + payload.length)
  bytes.write(header, 'latin1')
  payload.copy(bytes, header.length)
  return bytes
}

/** Decodes a record, or returns null if the bytes are not a record. */
export function decodeRecord(bytes: Buffer): TokenRecord | null {
  if (bytes[0] !== 0x31) return null
  if (bytes[1] === 0x52) {
    const expiresAtMs = parseNumber(bytes, 2, bytes.length)
    return expiresAtMs === null ? null : { state: 'revoked', expiresAtMs }
  }
  if (bytes[1] !== 0x4c) return null
  const numbers: number[] = []
  let start = 2
  for (let field = 0; field < 4; field++) {
    const end = bytes.indexOf(0x3a, start)
    const value = end < 0 ? null : parseNumber(bytes, start, end)
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

/** 36^10, and the numbers that are added to it, are still exact in a double, here and in Lua. */
const MAX_DIGITS = 10

function text(value: number): string {
  if (value < 0) throw new RangeError('A limit of a record lies before its issue.')
  return value.toString(36)
}

function parseNumber(bytes: Buffer, start: number, end: number): number | null {
  const length = end - start
  if (length < 1 || length > MAX_DIGITS || (length > 1 && bytes[start] === 0x30)) return null
  let value = 0
  for (let index = start; index < end; index++) {
    const digit = parseDigit(bytes[index] ?? 0)
    if (digit === null) return null
    value = value * 36 + digit
  }
  return value
}

/** Parses `0` to `9` and `a` to `z`. */
function parseDigit(byte: number): number | null {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x61 + 10 : null
}
