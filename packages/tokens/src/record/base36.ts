// Numbers in records: base 36, because every byte is stored three times in memory and on disk.

/** 36^10, and the numbers that are added to it, are still exact in a double, here and in Lua. */
const MAX_DIGITS = 10

/** Throws `RangeError` for a negative number. */
export function toBase36(value: number): string {
  if (value < 0) throw new RangeError('A limit of a record lies before its issue.')
  return value.toString(36)
}

/** Parses the number between two places, or returns null if there is none or it is not written as here. */
export function parseBase36(bytes: Buffer, start: number, end: number): number | null {
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
