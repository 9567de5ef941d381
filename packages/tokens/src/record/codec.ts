import type { TokenRecord } from './record.ts'

/**
 * A record as bytes: `1L<version>:<idleUntilMs>:<issuedAtMs>:<expiresAtMs>:<payload>` or `1R<expiresAtMs>`,
 * numbers in decimal, the payload as it is. The leading 1 is the format's version. Lua reads it too.
 */
export function encodeRecord(record: TokenRecord): Buffer {
  if (record.state === 'revoked') return Buffer.from(`1R${record.expiresAtMs}`)
  const { version, idleUntilMs, issuedAtMs, expiresAtMs, payload } = record
  return Buffer.concat([Buffer.from(`1L${version}:${idleUntilMs}:${issuedAtMs}:${expiresAtMs}:`), payload])
}

/** The record of some bytes, or null when they are none. */
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
  const [version = 0, idleUntilMs = 0, issuedAtMs = 0, expiresAtMs = 0] = numbers
  return { state: 'live', version, idleUntilMs, issuedAtMs, expiresAtMs, payload: bytes.subarray(start) }
}

const MAX_DIGITS = 15

function parseNumber(bytes: Buffer, start: number, end: number): number | null {
  const length = end - start
  if (length < 1 || length > MAX_DIGITS || (length > 1 && bytes[start] === 0x30)) return null
  let value = 0
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return null
    value = value * 10 + digit
  }
  return value
}
