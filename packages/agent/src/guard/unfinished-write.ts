const CR = 0x0d
const NUL = 0x00
const HASH = 0x23

/**
 * Whether bytes of an append-only file end inside a command or a transaction. Trailing zeros are ignored: a file system
 * returns zeros for data that did not reach the disk in time. False when the bytes hold anything else than commands. Pure.
 */
export function endsUnfinished(bytes: Buffer): boolean {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === NUL) end -= 1
  if (end === 0) return true
  const written = bytes.subarray(0, end)
  let at = 0
  let inTransaction = false
  while (at < end) {
    if (written[at] === HASH) {
      const next = written.indexOf('\n', at)
      if (next < 0) return true
      at = next + 1
      continue
    }
    const command = readCommand(written, at)
    if (command === 'unfinished') return true
    if (command === 'invalid') return false
    if (command.name === 'MULTI') {
      if (inTransaction) return false
      inTransaction = true
    }
    if (command.name === 'EXEC') inTransaction = false
    at = command.next
  }
  return inTransaction || end < bytes.length
}

type ReadCommand = { name: string; next: number } | 'unfinished' | 'invalid'

function readCommand(bytes: Buffer, from: number): ReadCommand {
  const count = readNumber(bytes, from, '*')
  if (typeof count === 'string') return count
  if (count.value < 1) return 'invalid'
  let at = count.next
  let name = ''
  for (let index = 0; index < count.value; index++) {
    const length = readNumber(bytes, at, '$')
    if (typeof length === 'string') return length
    const end = length.next + length.value
    if (end + 2 > bytes.length) return 'unfinished'
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') return 'invalid'
    if (index === 0) name = bytes.toString('latin1', length.next, end).toUpperCase()
    at = end + 2
  }
  return { name, next: at }
}

/** A line such as `*3` or `$12`. */
function readNumber(
  bytes: Buffer,
  from: number,
  sign: '*' | '$',
): { value: number; next: number } | 'unfinished' | 'invalid' {
  const end = bytes.indexOf(CR, from)
  const line = bytes.toString('latin1', from, Math.min(end < 0 ? bytes.length : end, from + 24))
  const isWhole = end >= 0 && end + 1 < bytes.length
  if (!(isWhole ? /^.\d{1,18}$/ : /^.?\d*$/s).test(line) || (line !== '' && line[0] !== sign))
    return 'invalid'
  if (!isWhole) return 'unfinished'
  if (bytes[end + 1] !== 0x0a) return 'invalid'
  return { value: Number(line.slice(1)), next: end + 2 }
}
