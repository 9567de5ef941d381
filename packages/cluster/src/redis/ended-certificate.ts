import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import {
  AuthFailedError,
  CommandTimeoutError,
  ConnectionClosedError,
  ConnectionFailedError,
  RedisReplyError,
  TlsFailedError,
} from '@holdfast/tokens'
import {
  Connection,
  type ConnectionOptions,
  formatAddress,
  type NodeAddress,
  type Reply,
  type TlsOptions,
} from '@holdfast/tokens/redis'
import { inspectCertificate, isSignedBy } from '../certificates/inspect.ts'
import { decodeReply, encodeCommand } from './resp.ts'

/** What commands are sent over. */
export type CommandConnection = Pick<Connection, 'send' | 'isOpen' | 'closed' | 'close'>

const DEFAULT_TIMEOUT_MS = 1000

/**
 * Connects as `Connection.open` does, and also to a server whose certificate has ended: without that, nothing could tell
 * it to read a new one. Everything else about the certificate must be right: its authority signed it, for this address and
 * for a server, and the authority itself has not ended. It is checked before the password is sent. Throws as `Connection.open`.
 */
export async function openAlsoEnded(options: ConnectionOptions): Promise<CommandConnection> {
  try {
    return await Connection.open(options)
  } catch (error) {
    const { tls } = options
    if (tls === undefined || !(error instanceof TlsFailedError) || error.reason !== 'expired') throw error
    return EndedConnection.open({ ...options, tls }, error)
  }
}

interface Waiting {
  resolve: (reply: Reply) => void
  reject: (error: Error) => void
}

/** Of `@redis/client` there is no hook between the handshake and the login, so the few commands are spoken here. */
class EndedConnection implements CommandConnection {
  readonly closed: Promise<void>
  readonly #at: string
  readonly #socket: TLSSocket
  readonly #waiting: Waiting[] = []
  #received: Buffer = Buffer.alloc(0)

  private constructor(at: string, socket: TLSSocket) {
    this.#at = at
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.once('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(this.#hasEnded())
    })
  }

  static async open(
    options: ConnectionOptions & { tls: TlsOptions },
    refusal: TlsFailedError,
  ): Promise<EndedConnection> {
    const { address, username = 'default', password, clientName, connectTimeoutMs } = options
    const timeoutMs = connectTimeoutMs ?? DEFAULT_TIMEOUT_MS
    const at = formatAddress(address)
    const socket = await shakeHands(options, timeoutMs)
    if (!isRightButEnded(socket, address, options.tls)) {
      socket.destroy()
      throw refusal
    }
    const connection = new EndedConnection(at, socket)
    try {
      const login = password === undefined ? [] : ['AUTH', username, password]
      const name = clientName === undefined ? [] : ['SETNAME', clientName]
      await connection.send(['HELLO', '3', ...login, ...name], timeoutMs)
      return connection
    } catch (error) {
      connection.close()
      if (error instanceof RedisReplyError && /WRONGPASS|NOAUTH/.test(error.kind)) {
        throw new AuthFailedError(`${at} refused the password of user "${username}".`)
      }
      throw error
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  send(args: readonly (string | Buffer)[], timeoutMs: number): Promise<Reply> {
    if (!this.isOpen) return Promise.reject(this.#hasEnded())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new CommandTimeoutError(`${this.#at} did not answer ${args[0]} in ${timeoutMs} ms.`)),
        timeoutMs,
      )
      const settle = <T>(done: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer)
          done(value)
        }
      }
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) })
      this.#socket.write(encodeCommand(args.map(String)))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    try {
      for (let read = decodeReply(this.#received); read !== null; read = decodeReply(this.#received)) {
        this.#received = this.#received.subarray(read.end)
        const waiting = this.#waiting.shift()
        if (read.reply instanceof RedisReplyError) waiting?.reject(read.reply)
        else waiting?.resolve(read.reply)
      }
    } catch {
      this.close()
    }
  }

  #hasEnded = () => new ConnectionClosedError(`The connection to ${this.#at} has ended.`)
}

/** A TLS connection over which nothing has been sent yet, and whose certificate has yet to be judged. */
function shakeHands(
  { address, tls: { ca, cert, key } }: { address: NodeAddress; tls: TlsOptions },
  timeoutMs: number,
): Promise<TLSSocket> {
  const at = formatAddress(address)
  const { host, port } = address
  const socket = connect({ host, port, ca, cert, key, minVersion: 'TLSv1.2', rejectUnauthorized: false })
  // Whoever waits hears of it by the end of the connection.
  socket.on('error', () => {})
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new ConnectionFailedError(`Cannot connect to ${at}: no answer in ${timeoutMs} ms.`))
    }, timeoutMs)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', (cause) => {
      clearTimeout(timer)
      reject(new ConnectionFailedError(`Cannot connect to ${at}: ${cause.message}.`, { cause }))
    })
  })
}

/** OpenSSL names one mistake of several, so each of the others is looked for here. */
function isRightButEnded(socket: TLSSocket, { host }: NodeAddress, { ca, servername }: TlsOptions): boolean {
  const shown = socket.getPeerX509Certificate()
  if (shown === undefined) return false
  const [certificate, authority, nowMs] = [shown.toString(), ca.toString(), Date.now()]
  const { purposes, notBefore } = inspectCertificate(certificate, nowMs)
  return (
    isSignedBy(certificate, authority) &&
    inspectCertificate(authority, nowMs).notAfter.getTime() > nowMs &&
    notBefore.getTime() <= nowMs &&
    purposes.includes('server') &&
    checkServerIdentity(servername ?? host, shown.toLegacyObject()) === undefined
  )
}
