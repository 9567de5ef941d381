import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { elementsOf, ReplySplitter } from '../../src/resp/reply-splitter.ts'
import { encodeCommand } from '../../src/resp/request-parser.ts'
import type { CallArgs } from './calls.ts'

/** A connection that asks and answers in bytes. */
export class RawClient {
  readonly #socket: Socket
  readonly #splitter = new ReplySplitter()
  readonly #replies: Buffer[] = []
  #wake = Promise.withResolvers<void>()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      try {
        this.#replies.push(...this.#splitter.push(chunk))
      } catch {
        // Bytes that are no reply are a difference: the replies that are missing show it.
        socket.destroy()
      }
      this.#wake.resolve()
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#wake.resolve())
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** Sends calls in one write, and returns their replies: fewer, if the connection ends. */
  async ask(calls: readonly CallArgs[]): Promise<Buffer[]> {
    this.#socket.write(Buffer.concat(calls.map(encodeCommand)))
    while (this.#replies.length < calls.length && !this.#socket.destroyed) {
      this.#wake = Promise.withResolvers<void>()
      await this.#wake.promise
    }
    return this.#replies.splice(0, calls.length)
  }

  close(): void {
    this.#socket.destroy()
  }
}

export interface Difference {
  call: string
  /** The calls just before it. */
  before: string[]
  replies: [string, string]
}

/** More differences than these follow from the first ones. */
const MAX_DIFFERENCES = 20

/** Sends the same calls to two servers, some in one write, and returns where the replies differ. */
export async function compare(
  clients: readonly [RawClient, RawClient],
  calls: readonly CallArgs[],
  burst: number,
): Promise<Difference[]> {
  const differences: Difference[] = []
  const order = new UnorderedReplies()
  for (let at = 0; at < calls.length && differences.length < MAX_DIFFERENCES; at += burst) {
    const asked = calls.slice(at, at + burst)
    const [first, second] = await Promise.all(clients.map((client) => client.ask(asked)))
    for (const [index, call] of asked.entries()) {
      const replies = [first?.[index], second?.[index]].map((reply) => reply ?? Buffer.from('(none)'))
      const [one = Buffer.alloc(0), other = Buffer.alloc(0)] = replies
      const isUnordered = order.next(call, other)
      if (isUnordered(one).equals(isUnordered(other))) continue
      differences.push({
        call: shown(call),
        before: calls.slice(Math.max(0, at + index - 6), at + index).map(shown),
        replies: [printable(one), printable(other)],
      })
    }
  }
  return differences
}

/** Commands whose elements come in an order that differs from server to server. */
const UNORDERED = new Set([
  'smembers',
  'sinter',
  'sunion',
  'sdiff',
  'keys',
  'scan',
  'sscan',
  'hscan',
  'zscan',
  'hgetall',
  'hkeys',
  'hvals',
  'acl',
  'command',
  'function',
])

/** Puts the elements of some replies in order, also of those that a transaction has kept for EXEC. */
class UnorderedReplies {
  #queued: string[] = []

  /** Returns what to do with both replies to this call before they are compared. */
  next(call: CallArgs, reply: Buffer): (reply: Buffer) => Buffer {
    const name = String(call[0]).toLowerCase()
    const isQueued = reply.toString() === '+QUEUED\r\n'
    if (isQueued) this.#queued.push(name)
    if (name === 'exec') {
      const queued = this.#queued
      this.#queued = []
      return (exec) =>
        this.#each(exec, (element, index) => (UNORDERED.has(queued[index] ?? '') ? sorted(element) : element))
    }
    if (name === 'discard') this.#queued = []
    return UNORDERED.has(name) && !isQueued ? sorted : (same) => same
  }

  #each(reply: Buffer, change: (element: Buffer, index: number) => Buffer): Buffer {
    const elements = elementsOf(reply)
    return elements === null ? reply : Buffer.concat([head(reply), ...elements.map(change)])
  }
}

const head = (reply: Buffer) => reply.subarray(0, reply.indexOf(10) + 1)

/** Its elements in order of their bytes, and the elements of these. */
function sorted(reply: Buffer): Buffer {
  if (reply[0] === 0x25) return sortedMap(reply)
  const elements = elementsOf(reply)?.map(sorted).sort(Buffer.compare)
  return elements === undefined ? reply : Buffer.concat([head(reply), ...elements])
}

/** A map is read as an array of twice as many elements. */
function sortedMap(reply: Buffer): Buffer {
  const count = Number(reply.toString('latin1', 1, reply.indexOf(13)))
  const asArray = Buffer.concat([Buffer.from(`*${2 * count}\r\n`), reply.subarray(reply.indexOf(10) + 1)])
  return Buffer.concat([head(reply), sorted(asArray)])
}

const printable = (bytes: Buffer): string =>
  JSON.stringify(bytes.toString('latin1')).slice(1, -1).slice(0, 300)
const shown = (call: CallArgs): string => call.map((arg) => printable(arg).slice(0, 60)).join(' ')
