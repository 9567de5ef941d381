import type { Reply } from '@holdfast/tokens/redis'
import { elementsOf } from './reply-splitter.ts'

/** The versions of Redis's protocol. */
export type Protocol = 2 | 3

export const OK = Buffer.from('+OK\r\n')
export const QUEUED = Buffer.from('+QUEUED\r\n')
export const PONG = Buffer.from('+PONG\r\n')

/** What a client reads as null: where a bulk string, or an array, is expected. */
export const nullBulk = (protocol: Protocol): Buffer => Buffer.from(protocol === 3 ? '_\r\n' : '$-1\r\n')
export const nullArray = (protocol: Protocol): Buffer => Buffer.from(protocol === 3 ? '_\r\n' : '*-1\r\n')

export const integer = (value: number): Buffer => Buffer.from(`:${value}\r\n`)
export const simple = (text: string): Buffer => Buffer.from(`+${text}\r\n`)
export const errorReply = (text: string): Buffer => Buffer.from(`-${text.replace(/[\r\n]+/g, ' ')}\r\n`)

export function bulk(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')])
}

export const array = (elements: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`*${elements.length}\r\n`), ...elements])

/** A set, which RESP2 writes as an array. */
export const set = (elements: readonly Buffer[], protocol: Protocol): Buffer =>
  Buffer.concat([Buffer.from(`${protocol === 3 ? '~' : '*'}${elements.length}\r\n`), ...elements])

/** A text for people, which RESP2 writes as a bulk string. */
export const verbatim = (text: string, protocol: Protocol): Buffer =>
  protocol === 3 ? Buffer.from(`=${Buffer.byteLength(text) + 4}\r\ntxt:${text}\r\n`) : bulk(text)

/** A map, which RESP2 writes as an array of names and values. */
export const map = (pairs: readonly (readonly [Buffer, Buffer])[], protocol: Protocol): Buffer =>
  Buffer.concat([
    Buffer.from(protocol === 3 ? `%${pairs.length}\r\n` : `*${pairs.length * 2}\r\n`),
    ...pairs.flat(),
  ])

export const isError = (reply: Buffer): boolean => reply[0] === 0x2d || reply[0] === 0x21

/** The first word of an error: its kind, such as `READONLY`. Empty if the reply is not an error. */
export function errorKind(reply: Buffer): string {
  if (!isError(reply)) return ''
  const text = textOf(reply)
  return text.split(/[ \r]/, 1)[0] ?? ''
}

/** The text of a simple string, an error, a number or a bulk string. */
export function textOf(reply: Buffer): string {
  const type = String.fromCharCode(reply[0] ?? 0)
  const lf = reply.indexOf(10)
  if (type === '$' || type === '!') return reply.toString('utf8', lf + 1, reply.length - 2)
  // The text of a verbatim string stands behind its format, such as `txt:`.
  if (type === '=') return reply.toString('utf8', lf + 5, reply.length - 2)
  return reply.toString('utf8', 1, lf - 1)
}

export const isNull = (reply: Buffer): boolean =>
  reply[0] === 0x5f || reply.equals(NULL_BULK) || reply.equals(NULL_ARRAY)

export const textOrNull = (reply: Buffer): string | null => (isNull(reply) ? null : textOf(reply))

const NULL_BULK = Buffer.from('$-1\r\n')
const NULL_ARRAY = Buffer.from('*-1\r\n')

/** Decodes what the proxy itself asks, in the shape of RESP2: texts, numbers, nulls and lists of these. */
export function decode(reply: Buffer): Reply {
  if (isNull(reply)) return null
  const elements = elementsOf(reply)
  if (elements !== null) return elements.map(decode)
  return reply[0] === 0x3a ? Number(textOf(reply)) : textOf(reply)
}
