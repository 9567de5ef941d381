import { decimalAt } from './decimal.ts'
import { UnreadBytes } from './unread-bytes.ts'

/** One command of a client: its arguments, and its bytes as they are forwarded. */
export interface Request {
  /** The name of the command and its arguments. Never empty. */
  args: Buffer[]
  /** The command as a RESP array. */
  raw: Buffer
}

/** The bytes are not a command. The text is the one that Redis has. */
class ProtocolError extends Error {}

export interface RequestLimits {
  /** Most bytes of one command. */
  maxBytes: number
  /** Most arguments of one command. */
  maxArgs: number
}

const CR = 13
const LF = 10
const ASTERISK = 42
const DOLLAR = 36
/** Redis's limit for a command without RESP, and for the line that announces an array. */
const MAX_LINE = 64 * 1024
/**
 * Reads commands from the bytes of one client: RESP arrays of bulk strings, or lines of words (`redis-cli` by hand,
 * health checks). Keeps at most one incomplete command, and refuses it as soon as its announced size is over the limit.
 * Each byte is looked at once, however the bytes arrive.
 */
export class RequestParser {
  readonly #limits: RequestLimits
  readonly #unread = new UnreadBytes()
  #array: PartOfArray | null = null
  #problem: string | null = null

  constructor(limits: RequestLimits) {
    this.#limits = limits
  }

  /** Bytes that are kept of an incomplete command. */
  get pendingBytes(): number {
    return this.#unread.length
  }

  /** Why the bytes are not commands, in the words of Redis. From then on nothing more is read. */
  get problem(): string | null {
    return this.#problem
  }

  /** Returns the commands that these bytes complete. */
  push(chunk: Buffer): Request[] {
    if (this.#problem !== null) return []
    this.#unread.append(chunk, this.#array?.until)
    const bytes = this.#unread.view
    const requests: Request[] = []
    let start = 0
    try {
      while (start < bytes.length) {
        const read = bytes[start] === ASTERISK ? this.#readArray(bytes, start) : this.#readLine(bytes, start)
        if (read === null) break
        if (read.request !== null) requests.push(read.request)
        start = read.next
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#problem = error.message
      start = bytes.length
    }
    this.#unread.take(start)
    return requests
  }

  #readArray(bytes: Buffer, start: number): Read | null {
    const array = this.#array ?? this.#beginArray(bytes, start)
    if (array === null) return null
    // All positions are relative to the start of the command.
    while (array.ends.length < array.count) {
      const at = start + array.at
      if (at >= bytes.length || start + array.until > bytes.length) return null
      if (bytes[at] !== DOLLAR) {
        const found = String.fromCharCode(bytes[at] ?? 0)
        throw new ProtocolError(`Protocol error: expected '$', got '${printable(found)}'`)
      }
      const line = lineAt(bytes, at)
      if (line === null) return null
      const length = lengthAt(bytes, at + 1, line.end)
      if (length === null || length < 0) throw new ProtocolError('Protocol error: invalid bulk length')
      const end = line.next + length - start
      if (end > this.#limits.maxBytes) throw new ProtocolError('Protocol error: invalid bulk length')
      array.until = end + 2
      if (start + array.until > bytes.length) return null
      array.ends.push([line.next - start, end])
      array.at = end + 2
    }
    this.#array = null
    const raw = bytes.subarray(start, start + array.at)
    const request =
      array.count === 0 ? null : { args: array.ends.map(([from, to]) => raw.subarray(from, to)), raw }
    return { request, next: start + array.at }
  }

  #beginArray(bytes: Buffer, start: number): PartOfArray | null {
    const header = lineAt(bytes, start)
    if (header === null) return null
    const count = lengthAt(bytes, start + 1, header.end)
    if (count === null || count > this.#limits.maxArgs) {
      throw new ProtocolError('Protocol error: invalid multibulk length')
    }
    this.#array = { count: Math.max(0, count), at: header.next - start, until: 0, ends: [] }
    return this.#array
  }

  #readLine(bytes: Buffer, start: number): Read | null {
    const line = lineAt(bytes, start)
    if (line === null) return null
    const args = splitWords(bytes.toString('latin1', start, line.end))
    if (args === null) throw new ProtocolError('Protocol error: unbalanced quotes in request')
    return { request: args.length === 0 ? null : { args, raw: encodeCommand(args) }, next: line.next }
  }
}

/** An array that has begun, with positions relative to its first byte. */
interface PartOfArray {
  count: number
  /** Where the next argument begins. */
  at: number
  /** Where the bytes of the next argument end, if that is known. */
  until: number
  /** Start and end of each argument that was read. */
  ends: [from: number, to: number][]
}

/** What was read: null instead of a command for an empty line or an empty array. */
interface Read {
  request: Request | null
  next: number
}

/** The end of the line that begins at `start`, without its line break, and where the next line begins. */
function lineAt(bytes: Buffer, start: number): { end: number; next: number } | null {
  const lf = bytes.indexOf(LF, start)
  if (lf < 0 ? bytes.length - start > MAX_LINE : lf - start > MAX_LINE) {
    throw new ProtocolError('Protocol error: too big inline request')
  }
  return lf < 0 ? null : { end: lf > start && bytes[lf - 1] === CR ? lf - 1 : lf, next: lf + 1 }
}

/** A command as a RESP array. */
export function encodeCommand(args: readonly (Buffer | string)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)]
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg) : arg
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF)
  }
  return Buffer.concat(parts)
}

const CRLF = Buffer.from('\r\n')

/** Reads a length of at most ten digits. Null for any other text. */
const lengthAt = (bytes: Buffer, start: number, end: number): number | null =>
  end - start <= 11 ? decimalAt(bytes, start, end) : null

const printable = (char: string) => (/[ -~]/.test(char) ? char : '?')

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }

/** Splits a line at blanks, with the quotes of Redis's own command line. Null: a quote is not closed. */
function splitWords(line: string): Buffer[] | null {
  const words: Buffer[] = []
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']+))(?=\s|$)/gy
  const rest = line.trimEnd()
  while (pattern.lastIndex < rest.length) {
    const found = pattern.exec(rest)
    if (found === null) return null
    const [, double, single, plain] = found
    const text =
      double?.replace(/\\x([0-9a-fA-F]{2})|\\(.)/g, (_, hex, char) =>
        hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
      ) ??
      single?.replace(/\\'/g, "'") ??
      plain ??
      ''
    words.push(Buffer.from(text, 'latin1'))
  }
  return words
}
