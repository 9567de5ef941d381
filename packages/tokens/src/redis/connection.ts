import type { Socket } from 'node:net'
import { ErrorReply, RESP_TYPES, RedisClient, SocketClosedUnexpectedlyError } from '@redis/client'
import {
  AuthFailedError,
  CommandTimeoutError,
  ConnectionClosedError,
  ConnectionFailedError,
  RedisReplyError,
  TlsFailedError,
} from '../errors.ts'
import { formatAddress, type NodeAddress } from './address.ts'
import type { ReachableAddress } from './address-map.ts'
import { dial, inTime } from './handshake.ts'
import { speaksPlain, speaksTls } from './protocol.ts'
import { withoutHello } from './supported-server.ts'
import { type TlsOptions, tlsSocketOptions } from './tls.ts'
import { protocolMismatch, tlsFailure } from './tls-failure.ts'

/** A RESP reply: bulk strings are Buffers, simple strings are strings, maps are objects. */
export type Reply = Buffer | string | number | boolean | null | Reply[] | { [field: string]: Reply }

export interface Credentials {
  /** ACL user. Default is the server's `default` user. */
  username?: string
  password?: string
}

export interface ConnectionOptions extends Credentials {
  address: NodeAddress
  /** Where to connect, if the server announces `address` and this process reaches it elsewhere. */
  reach?: ReachableAddress
  /**
   * Encrypts the connection, and trusts only the authority in these options. By default connections are not
   * encrypted.
   */
  tls?: TlsOptions
  /** Shown by `CLIENT LIST`. */
  clientName?: string
  /** The address of this machine to connect from. Default is the system's choice. */
  localAddress?: string
  /** Time to connect and log in (in milliseconds). Default is 1000. */
  connectTimeoutMs?: number
  /** Time for the TCP handshake, which is part of `connectTimeoutMs` (in milliseconds). Default is all of it. */
  handshakeTimeoutMs?: number
}

export type ChannelListener = (message: Buffer, channel: string) => void

const DEFAULT_CONNECT_TIMEOUT_MS = 1000

/**
 * Creates a client without a method for each command; the connection uses `sendCommand`. `createClient` would build
 * a class with all commands at the first call and after each change of the options. That blocks the event loop for
 * 30 to 220 ms (FACT-58), at the start of a process and at each reconnect of a failover.
 */
const createRawClient = (options: ConnectionOptions, { signal, socket, connectTimeout }: Underlying) =>
  new RedisClient({
    RESP: 3,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // `send` has its own deadline. The client's makes an AbortSignal for every command (FACT-57).
    commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.clientName === undefined ? {} : { name: options.clientName }),
    socket: {
      ...reachOf(options),
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      connectTimeout,
      signal,
      ...(options.tls === undefined || socket === null
        ? {}
        : { ...tlsSocketOptions(options.tls), ...serverNameOf(options), socket }),
      // One socket per connection. The client must never send a command from a broken socket again, because WAIT
      // refers only to the writes of its own connection (FACT-7).
      reconnectStrategy: false,
    },
  })

type RawClient = ReturnType<typeof createRawClient>

interface Underlying {
  /** Closes the socket, whatever state it is in. */
  signal: AbortSignal
  /** The TCP connection for TLS, or null if the client opens a plain connection itself. */
  socket: Socket | null
  connectTimeout: number
}

/**
 * One socket to one Redis or Sentinel, from its opening to its end. It never reconnects and never sends a command
 * again. The commands of one turn of the event loop go out in one write.
 * INV-TOKENS-10.
 */
export class Connection {
  readonly address: NodeAddress
  /** Resolves once, when the connection has ended for any reason. */
  readonly closed: Promise<void>
  readonly #client: RawClient
  #open = true
  #inFlight = 0

  private constructor(address: NodeAddress, client: RawClient, ended: Promise<void>) {
    this.address = address
    this.#client = client
    this.closed = ended.then(() => {
      this.#open = false
    })
  }

  /**
   * Connects and logs in.
   *
   * Throws `CONNECTION_FAILED` if the node cannot be reached in time, `TLS_FAILED` if certificates, TLS versions or
   * ports do not match, `AUTH_FAILED` if the node refuses the user or the password, and `UNSUPPORTED_SERVER` if it
   * does not support RESP3.
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    const untilMs = performance.now() + timeoutMs
    // connectTimeout ends with the TCP handshake, but a hung server accepts the connection and then never answers
    // HELLO.
    let timer: NodeJS.Timeout | undefined
    let doubt: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
      if (options.tls !== undefined)
        doubt = setTimeout(() => void rejectIfPlain(options, timeoutMs / 2, reject), timeoutMs / 2)
    })
    const givenUp = new AbortController()
    try {
      const { client, ended } = await Promise.race([connect(options, timeoutMs, givenUp.signal), tooLate])
      return new Connection(options.address, client, ended)
    } catch (error) {
      // Otherwise a connection that is still opening would stay open, and logged in, after it succeeds.
      givenUp.abort()
      throw (await wantsTls(options, error, untilMs))
        ? protocolMismatch(describeServer(options), 'plain-to-tls')
        : openingError(options, error)
    } finally {
      clearTimeout(timer)
      clearTimeout(doubt)
    }
  }

  get isOpen(): boolean {
    return this.#open && this.#client.isReady
  }

  /** The number of commands that were sent and are not answered. */
  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * Sends one command.
   *
   * Throws `COMMAND_TIMEOUT` after `timeoutMs` (the command may still run), `CONNECTION_CLOSED` if the socket ends
   * first (the command may have run), and `REDIS_REPLY` if the server answers with an error.
   */
  send(args: readonly (string | Buffer)[], timeoutMs: number): Promise<Reply> {
    if (!this.isOpen) return Promise.reject(this.#closedError())
    this.#inFlight += 1
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new CommandTimeoutError(
            `${formatAddress(this.address)} did not answer ${args[0]} in ${timeoutMs} ms. Is it hung or cut off?`,
          ),
        )
      }, timeoutMs)
      this.#client.sendCommand<Reply>(args).then(
        (reply) => {
          this.#inFlight -= 1
          clearTimeout(timer)
          resolve(reply)
        },
        (error: unknown) => {
          this.#inFlight -= 1
          clearTimeout(timer)
          reject(this.#commandError(args, error))
        },
      )
    })
  }

  /** Subscribes to channels. The listener receives each message until the connection ends. */
  async subscribe(channels: readonly string[], listener: ChannelListener, timeoutMs: number): Promise<void> {
    if (!this.isOpen) throw this.#closedError()
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new CommandTimeoutError(`${formatAddress(this.address)} did not answer SUBSCRIBE.`)),
        timeoutMs,
      )
    })
    try {
      await Promise.race([
        this.#client.subscribe(
          [...channels],
          (message: Buffer, channel: Buffer) => listener(message, channel.toString()),
          true,
        ),
        tooLate,
      ])
    } catch (error) {
      throw this.#commandError(['SUBSCRIBE'], error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Closes the socket immediately. Commands in progress are rejected with `CONNECTION_CLOSED`. */
  close(): void {
    this.#open = false
    destroy(this.#client)
  }

  #closedError(cause?: unknown): ConnectionClosedError {
    return new ConnectionClosedError(`The connection to ${formatAddress(this.address)} has ended.`, { cause })
  }

  #commandError(args: readonly (string | Buffer)[], error: unknown): Error {
    if (error instanceof CommandTimeoutError) return error
    if (error instanceof ErrorReply) {
      const message = withoutArguments(error)
      return new RedisReplyError(
        `${formatAddress(this.address)} answered ${args[0]} with: ${message}`,
        kindOf(message),
      )
    }
    return this.#closedError(error)
  }
}

/** The first word of a reply that is an error: its code, such as `WRONGPASS`. */
const kindOf = (message: string): string => message.split(' ', 1)[0] ?? ''

/** Where to connect. */
function reachOf({ address, reach = address }: ConnectionOptions): NodeAddress {
  return { host: reach.host, port: reach.port }
}

/** The name that the certificate of this server must contain, if it differs from that of the other servers. */
const serverNameOf = ({ reach }: ConnectionOptions) =>
  reach?.servername === undefined ? {} : { servername: reach.servername }

/** Names the server in a message: the address that it announces, and where this process looks for it. */
const describeServer = (options: ConnectionOptions): string => {
  const [announced, reached] = [formatAddress(options.address), formatAddress(reachOf(options))]
  return announced === reached ? announced : `${announced} (reached at ${reached})`
}

/** Returns a client that is connected and logged in, and a promise that resolves when it ends. */
async function connect(options: ConnectionOptions, timeoutMs: number, signal: AbortSignal) {
  const { localAddress, tls, handshakeTimeoutMs = timeoutMs } = options
  const socket =
    tls === undefined ? null : await dial(reachOf(options), localAddress, handshakeTimeoutMs, signal)
  const client = createRawClient(options, { signal, socket, connectTimeout: timeoutMs })
  const ended = new Promise<void>((resolve) => {
    client.on('end', () => resolve())
    client.on('error', () => {
      // Each command in progress is rejected with the reason. Here only the end matters.
      if (!client.isOpen) resolve()
    })
  })
  const handshake = new Promise<void>((resolve) => client.once('connect', () => resolve()))
  const ready = client.connect()
  if (socket === null) await inTime(Promise.race([handshake, ready]), handshakeTimeoutMs)
  await ready
  return { client, ended }
}

function destroy(client: RawClient): void {
  try {
    client.destroy()
  } catch {
    // The client is already closed.
  }
}

/** Removes the arguments from the error for an unknown command: Redis quotes them, and they may contain a secret. */
function withoutArguments({ message }: Error): string {
  return message.split(', with args beginning with', 1)[0] ?? ''
}

const CUT_OFF = new Set(['ECONNRESET', 'EPIPE'])
/**
 * The maximum time that this check for a better error message may add (in milliseconds). The caller wants to
 * reconnect.
 */
const MAX_DOUBT_MS = 500

/**
 * Whether the server closed a connection without TLS because it accepts only TLS. A server without TLS replies
 * immediately to a plain command. If it were asked with TLS first, it would wait silently for the end of the line.
 */
async function wantsTls(options: ConnectionOptions, error: unknown, untilMs: number): Promise<boolean> {
  const wasCut =
    error instanceof SocketClosedUnexpectedlyError ||
    (error instanceof Error && 'code' in error && CUT_OFF.has(String(error.code)))
  if (options.tls !== undefined || !wasCut) return false
  const from = { ...reachOf(options), localAddress: options.localAddress }
  const patienceMs = Math.min(MAX_DOUBT_MS, untilMs - performance.now())
  return !(await speaksPlain(from, patienceMs)) && speaksTls(from, patienceMs)
}

/**
 * Rejects if the server does not use TLS. Such a server takes the TLS handshake for the start of a command and
 * waits silently for the rest.
 */
async function rejectIfPlain(
  options: ConnectionOptions,
  timeoutMs: number,
  reject: (error: Error) => void,
): Promise<void> {
  if (await speaksPlain({ ...reachOf(options), localAddress: options.localAddress }, timeoutMs)) {
    reject(protocolMismatch(describeServer(options), 'tls-to-plain'))
  }
}

function openingError(options: ConnectionOptions, error: unknown): Error {
  if (error instanceof TlsFailedError) return error
  const { tls } = options
  const where = describeServer(options)
  const failure = tls === undefined ? null : tlsFailure(where, { ...tls, ...serverNameOf(options) }, error)
  if (failure !== null) return failure
  const message = error instanceof Error ? withoutArguments(error) : String(error)
  const kind = error instanceof ErrorReply ? kindOf(message) : ''
  // Redis has no code for a password that the default user does not have.
  const hasNoPassword = kind === 'ERR' && message.includes('without any password configured')
  if (kind === 'WRONGPASS' || kind === 'NOAUTH' || hasNoPassword) {
    const user = options.username ?? 'default'
    return new AuthFailedError(
      `${where} refused the password of user "${user}". Check the user and its password.`,
    )
  }
  if (kind === 'NOPROTO' || (kind === 'ERR' && /un(known|supported) command/i.test(message))) {
    return withoutHello(where)
  }
  const detail = error instanceof Error && 'code' in error ? String(error.code) : message
  // A reply to HELLO AUTH may quote the password, so it is not passed on as the cause.
  const cause = error instanceof ErrorReply ? {} : { cause: error }
  return new ConnectionFailedError(`Cannot connect to ${where}: ${detail}.`, cause)
}
