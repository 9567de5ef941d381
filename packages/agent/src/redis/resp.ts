import { RedisReplyError } from '@holdfast/tokens'
import type { Reply } from '@holdfast/tokens/redis'

/** A decoded reply and the offset at which the next reply begins. */
interface DecodedReply {
  reply: Reply | RedisReplyError
  end: number
}

/** Encodes a command as an array of bulk strings. */
export const encodeCommand = (args: readonly string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`

/**
 * Decodes the RESP3 reply that begins at `start`. An error reply is returned as a value. Returns null while the reply is
 * incomplete. Throws when the bytes are not RESP3.
 */
export function decodeReply(bytes: Buffer, start = 0): DecodedReply | null {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd < 0) return null
  const text = bytes.toString('utf8', start + 1, lineEnd)
  const end = lineEnd + 2
  const type = String.fromCharCode(bytes[start] ?? 0)
  switch (type) {
    case '+':
      return { reply: text, end }
    case '-':
      return { reply: new RedisReplyError(text, text.split(' ', 1)[0] ?? ''), end }
    case ':':
    case ',':
      return { reply: Number(text), end }
    case '#':
      return { reply: text === 't', end }
    case '_':
      return { reply: null, end }
    case '$':
    case '=':
      return decodeBulk(bytes, end, Number(text))
    case '*':
    case '~':
    case '>':
      return decodeList(bytes, end, Number(text))
    case '%':
      return decodeMap(bytes, end, Number(text))
    default:
      throw new Error(`The reply is not RESP3: it begins with ${JSON.stringify(type)}.`)
  }
}

function decodeBulk(bytes: Buffer, start: number, length: number): DecodedReply | null {
  if (length < 0) return { reply: null, end: start }
  const end = start + length + 2
  return bytes.length < end ? null : { reply: bytes.subarray(start, start + length), end }
}

function decodeList(bytes: Buffer, start: number, count: number): DecodedReply | null {
  const items: Reply[] = []
  let end = start
  for (let index = 0; index < count; index += 1) {
    const item = decodeReply(bytes, end)
    if (item === null) return null
    items.push(item.reply instanceof RedisReplyError ? null : item.reply)
    end = item.end
  }
  return { reply: items, end }
}

function decodeMap(bytes: Buffer, start: number, count: number): DecodedReply | null {
  const list = decodeList(bytes, start, 2 * count)
  if (list === null || !Array.isArray(list.reply)) return null
  const fields = list.reply
  const entries = Array.from(
    { length: count },
    (_, index) => [String(fields[2 * index]), fields[2 * index + 1] ?? null] as const,
  )
  return { reply: Object.fromEntries(entries), end: list.end }
}
