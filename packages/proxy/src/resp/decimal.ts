const MINUS = 45
const ZERO = 48

/** Reads a whole number of at most 15 digits from its bytes, without making a text of them. Null: the bytes are not one. */
export function decimalAt(bytes: Buffer, start: number, end: number): number | null {
  const isNegative = bytes[start] === MINUS
  const first = isNegative ? start + 1 : start
  if (end <= first || end - first > 15) return null
  let value = 0
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return null
    value = value * 10 + digit
  }
  return isNegative ? -value : value
}
