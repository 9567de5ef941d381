import { decimalAt } from './decimal.ts'
import { UnreadBytes } from './unread-bytes.ts'

/** The server sent bytes that are not a reply. */
class ReplyError extends Error {}

const LF = 10
const code = (char: string) => char.charCodeAt(0)
/** One line: simple string, error, integer, null, boolean, double, big number. */
const LINES = new Set(['+', '-', ':', '_', '#', ',', '('].map(code))
/** Bytes behind their length: bulk string, bulk error, verbatim string. */
const BULKS = new Set(['$', '!', '='].map(code))
/** A number of replies: array, set, push. */
const LISTS = new Set(['*', '~', '>'].map(code))
/** A number of pairs: map, attributes. */
const PAIRS = new Set(['%', '|'].map(code))
const ATTRIBUTE = code('|')
const MAP = code('%')

/** How far a reply was read. */
interface Progress {
  /** Where the next part begins. */
  at: number
  /** How many parts are to come. Deep nesting costs a number, no stack. */
  open: number
  /** Where the bytes of the next part end, if that is known. */
  until: number
}

/**
 * Cuts the bytes of a server into its replies, RESP2 and RESP3, without decoding them: a reply is forwarded as the
 * server wrote it. Attributes belong to the reply behind them. Each byte is looked at once, however the bytes arrive.
 */
export class ReplySplitter {
  readonly #unread = new UnreadBytes()
  #progress: Progress = { at: 0, open: 1, until: 0 }

  /** Bytes of a reply that is not complete. */
  get pendingBytes(): number {
    return this.#unread.length
  }

  /** Returns the replies that these bytes complete. Throws `ReplyError`. */
  push(chunk: Buffer): Buffer[] {
    this.#unread.append(chunk, this.#progress.until)
    const bytes = this.#unread.view
    const replies: Buffer[] = []
    let start = 0
    while (read(bytes, this.#progress)) {
      replies.push(bytes.subarray(start, this.#progress.at))
      start = this.#progress.at
      this.#progress = { at: start, open: 1, until: start }
    }
    this.#progress.at -= start
    this.#progress.until -= start
    this.#unread.take(start)
    return replies
  }
}

/** Reads on, and returns whether the reply is complete. */
function read(bytes: Buffer, progress: Progress): boolean {
  while (progress.open > 0) {
    const { at } = progress
    if (at >= bytes.length || progress.until > bytes.length) return false
    const type = bytes[at] ?? 0
    const lf = bytes.indexOf(LF, at + 1)
    if (lf < 0) return false
    progress.open -= 1
    if (LINES.has(type)) progress.at = lf + 1
    else if (BULKS.has(type)) {
      const length = readLength(bytes, at + 1, lf - 1)
      const end = length < 0 ? lf + 1 : lf + 1 + length + 2
      if (end > bytes.length) {
        progress.open += 1
        progress.until = end
        return false
      }
      progress.at = end
    } else if (LISTS.has(type)) {
      progress.open += Math.max(0, readLength(bytes, at + 1, lf - 1))
      progress.at = lf + 1
    } else if (PAIRS.has(type)) {
      progress.open += 2 * Math.max(0, readLength(bytes, at + 1, lf - 1)) + (type === ATTRIBUTE ? 1 : 0)
      progress.at = lf + 1
    } else throw new ReplyError(`The server's answer begins with byte ${type}, which is not a reply.`)
  }
  return true
}

/** The elements of an array, or the names and values of a map, each as its bytes. Null: it is neither, or a null. */
export function elementsOf(reply: Buffer): Buffer[] | null {
  const type = reply[0] ?? 0
  if (!LISTS.has(type) && type !== MAP) return null
  const lf = reply.indexOf(LF)
  const count = readLength(reply, 1, lf - 1) * (type === MAP ? 2 : 1)
  if (count < 0) return null
  const elements: Buffer[] = []
  let start = lf + 1
  while (elements.length < count) {
    const progress = { at: start, open: 1, until: 0 }
    if (!read(reply, progress)) throw new ReplyError('An array ends before its last element.')
    elements.push(reply.subarray(start, progress.at))
    start = progress.at
  }
  return elements
}

function readLength(bytes: Buffer, start: number, end: number): number {
  const length = decimalAt(bytes, start, end)
  if (length === null) throw new ReplyError('The server sent a length that is not a number.')
  return length
}
