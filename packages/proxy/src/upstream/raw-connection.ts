import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  AuthFailedError,
  CommandTimeoutError,
  ConnectionClosedError,
  ConnectionFailedError,
  RedisReplyError,
} from '@holdfast/tokens'
import { dial, type Endpoint, formatAddress, HANDSHAKE_MS, tlsSocketOptions } from '@holdfast/tokens/group'
import type { Credentials, Reply } from '@holdfast/tokens/redis'
import { decode, isError, type Protocol, textOf } from '../resp/reply.ts'
import { ReplySplitter } from '../resp/reply-splitter.ts'
import { encodeCommand } from '../resp/request-parser.ts'

/** How a client of the proxy is known to the group. */
export interface Identity extends Credentials {
  protocol: Protocol
}

/** The server refused the user or the password. `reply` is its answer. */
export class LoginRefusedError extends AuthFailedError {
  readonly reply: Buffer

  constructor(reply: Buffer) {
    super(textOf(reply))
    this.reply = reply
  }
}

/** Commands that were sent together, and the answers that came so far. */
interface Exchange {
  wanted: number
  replies: Buffer[]
  /** Takes answers as they come. Without it they are kept until all are there. */
  onReplies: ((replies: Buffer[]) => void) | null
  resolve: (replies: Buffer[]) => void
  reject: (error: Error) => void
  /** Called when all earlier answers are there: only now the server can be late. */
  onHead: (() => void) | null
}

const LOGIN_MS = 1000
/** Parts of one write are joined up to this size. Larger ones are not copied. */
const MAX_JOINED_BYTES = 1024 * 1024
const PUSH = 0x3e

/**
 * One socket to a Redis, logged in as a client of the proxy. Requests and answers are bytes: what a client sent, and
 * what the server answered. It never reconnects and never sends anything again.
 */
export class RawConnection {
  readonly address: string
  /** Resolves when the connection has ended for any reason. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #exchanges: Exchange[] = []
  #out: Buffer[] = []
  #isSending = false
  #isOpen = true
  /** Called for messages that do not answer a command (RESP3). */
  onPush: (message: Buffer) => void = () => {}

  private constructor(address: string, socket: Socket) {
    this.address = address
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /**
   * Connects and logs in. Throws `LoginRefusedError` when the server refuses the login, `CONNECTION_FAILED` when it
   * cannot be reached or does not answer in time.
   */
  static async open(endpoint: Endpoint, identity: Identity): Promise<RawConnection> {
    const address = formatAddress(endpoint.address)
    let socket: Socket | undefined
    try {
      socket = await openSocket(endpoint)
      await logIn(socket, identity)
      const connection = new RawConnection(address, socket)
      connection.#listen()
      return connection
    } catch (error) {
      socket?.destroy()
      if (error instanceof LoginRefusedError) throw error
      throw new ConnectionFailedError(`Cannot connect to ${address}.`, { cause: error })
    }
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Sends commands, and resolves with their `count` answers as the server wrote them. Throws `CONNECTION_CLOSED` when
   * the socket ends first: each command may have run. After `timeoutMs` the connection is closed.
   */
  exchange(bytes: readonly Buffer[], count: number, timeoutMs: number): Promise<Buffer[]> {
    return this.#within(timeoutMs, this.#exchange(bytes, count))
  }

  /** As {@link exchange}, but hands over the answers as they come, at least one at a time. */
  async stream(
    bytes: readonly Buffer[],
    count: number,
    timeoutMs: number,
    onReplies: (replies: Buffer[]) => void,
  ): Promise<void> {
    await this.#within(timeoutMs, this.#exchange(bytes, count, { onReplies }))
  }

  async #within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.close(), timeoutMs)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }

  #exchange(
    bytes: readonly Buffer[],
    count: number,
    { onHead = null, onReplies = null }: Partial<Pick<Exchange, 'onHead' | 'onReplies'>> = {},
  ): Promise<Buffer[]> {
    if (!this.#isOpen) return Promise.reject(this.#closedError())
    return new Promise((resolve, reject) => {
      this.#exchanges.push({ wanted: count, replies: [], onReplies, resolve, reject, onHead })
      for (const part of bytes) this.#out.push(part)
      if (!this.#isSending) {
        this.#isSending = true
        process.nextTick(() => this.#flush())
      }
      if (this.#exchanges.length === 1) onHead?.()
    })
  }

  /** Everything of one turn goes out in one write. Small parts are joined: a list of thousands costs the kernel more. */
  #flush(): void {
    this.#isSending = false
    const parts = this.#out
    this.#out = []
    if (!this.#isOpen || parts.length === 0) return
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length <= MAX_JOINED_BYTES) {
      this.#socket.write(Buffer.concat(parts, length))
      return
    }
    this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    this.#socket.uncork()
  }

  /**
   * Sends one command and decodes its answer. The deadline begins when all earlier answers are there: a slow command of
   * a client is not a reason to leave a server. Throws like {@link exchange}, `COMMAND_TIMEOUT` and `REDIS_REPLY`.
   */
  async send(args: readonly (string | Buffer)[], timeoutMs: number): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined
    const late = Promise.withResolvers<never>()
    const tooLate = () =>
      late.reject(new CommandTimeoutError(`${this.address} did not answer ${args[0]} in ${timeoutMs} ms.`))
    const onHead = () => {
      timer = setTimeout(tooLate, timeoutMs)
    }
    try {
      const [reply] = await Promise.race([this.#exchange([encodeCommand(args)], 1, { onHead }), late.promise])
      if (reply === undefined) throw this.#closedError()
      if (!isError(reply)) return decode(reply)
      throw new RedisReplyError(
        `${this.address} answered ${args[0]} with: ${textOf(reply)}`,
        textOf(reply).split(' ', 1)[0] ?? '',
      )
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends bytes whose answers come through `onPush`. */
  write(bytes: Buffer): void {
    if (!this.#isOpen) return
    this.#flush()
    this.#socket.write(bytes)
  }

  close(): void {
    this.#end()
    this.#socket.destroy()
  }

  #listen(): void {
    const splitter = new ReplySplitter()
    this.#socket.on('data', (chunk) => {
      try {
        for (const reply of splitter.push(chunk)) this.#take(reply)
        const [first] = this.#exchanges
        if (first !== undefined) handOver(first)
      } catch {
        // The bytes of the server are not Redis's protocol. Nothing behind it can be assigned to a command.
        this.close()
      }
    })
    this.#socket.on('close', () => this.#end())
  }

  #take(reply: Buffer): void {
    const [exchange] = this.#exchanges
    // Pub/sub in RESP2: messages come without a command.
    if (reply[0] === PUSH || exchange === undefined) {
      this.onPush(reply)
      return
    }
    exchange.replies.push(reply)
    if (exchange.replies.length < exchange.wanted) return
    this.#exchanges.shift()
    handOver(exchange)
    exchange.resolve(exchange.replies)
    this.#exchanges[0]?.onHead?.()
  }

  #end(): void {
    this.#isOpen = false
    for (const { reject } of this.#exchanges.splice(0)) reject(this.#closedError())
  }

  #closedError(): ConnectionClosedError {
    return new ConnectionClosedError(`The connection to ${this.address} has ended.`)
  }
}

/** Hands over the answers that are there, if they are taken as they come. */
function handOver(exchange: Exchange): void {
  const { onReplies, replies } = exchange
  if (onReplies === null || replies.length === 0) return
  exchange.wanted -= replies.length
  exchange.replies = []
  onReplies(replies)
}

async function openSocket({ reach, tls, localAddress }: Endpoint): Promise<Socket> {
  const { signal } = new AbortController()
  const socket = await dial(reach, localAddress, HANDSHAKE_MS, signal)
  // An error is followed by the event that the connection has ended.
  socket.on('error', () => {})
  if (tls === undefined) return socket
  const servername = reach.servername === undefined ? {} : { servername: reach.servername }
  const encrypted = connectTls({ host: reach.host, ...tlsSocketOptions(tls), ...servername, socket })
  await within(LOGIN_MS, encrypted, (done) => encrypted.once('secureConnect', done))
  encrypted.on('error', () => {})
  return encrypted
}

/** Logs in, and returns the server's answer to HELLO. */
async function logIn(socket: Socket, { username = 'default', password, protocol }: Identity): Promise<void> {
  const auth = password === undefined ? [] : ['AUTH', username, password]
  const splitter = new ReplySplitter()
  let reply: Buffer | undefined
  const listen = (done: () => void) => (chunk: Buffer) => {
    reply = splitter.push(chunk)[0]
    if (reply !== undefined) done()
  }
  let listener: ((chunk: Buffer) => void) | undefined
  socket.write(encodeCommand(['HELLO', String(protocol), ...auth]))
  try {
    await within(LOGIN_MS, socket, (done) => {
      listener = listen(done)
      socket.on('data', listener)
    })
  } finally {
    if (listener !== undefined) socket.off('data', listener)
  }
  if (reply === undefined) throw new Error('The server did not answer HELLO.')
  if (isError(reply)) throw new LoginRefusedError(reply)
}

/** Waits for an event of a socket, until its end or a deadline. */
async function within(ms: number, socket: Socket, begin: (done: () => void) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms)
  const fail = (error?: Error) => reject(error ?? new Error('The connection was closed.'))
  socket.once('error', fail)
  socket.once('close', fail)
  begin(resolve)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    socket.off('error', fail)
    socket.off('close', fail)
  }
}
