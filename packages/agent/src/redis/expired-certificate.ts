import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { inspectCertificate, isSignedBy } from '@holdfast/site/certificates/inspect'
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
import { decodeReply, encodeCommand } from './resp.ts'

/** The part of a connection that sends commands. */
export type CommandConnection = Pick<Connection, 'send' | 'isOpen' | 'closed' | 'close'>

const DEFAULT_TIMEOUT_MS = 1000

/**
 * Connects like `Connection.open`, but also to a server whose certificate has expired: otherwise no command could make
 * that server load a new certificate. Everything else about the certificate must be valid: the authority signed it for
 * this address and for a server, and the authority's own certificate has not expired. The check runs before the password
 * is sent. Throws as `Connection.open`.
 */
export async function openAcceptingExpired(options: ConnectionOptions): Promise<CommandConnection> {
  try {
    return await Connection.open(options)
  } catch (error) {
    const { tls } = options
    if (tls === undefined || !(error instanceof TlsFailedError) || error.reason !== 'expired') throw error
    return ExpiredCertificateConnection.open({ ...options, tls }, error)
  }
}

interface PendingCommand {
  resolve: (reply: Reply) => void
  reject: (error: Error) => void
}

/** `@redis/client` has no hook between the TLS handshake and the login, so this class encodes the few commands itself. */
class ExpiredCertificateConnection implements CommandConnection {
  readonly closed: Promise<void>
  readonly #at: string
  readonly #socket: TLSSocket
  readonly #pending: PendingCommand[] = []
  #received: Buffer = Buffer.alloc(0)

  private constructor(at: string, socket: TLSSocket) {
    this.#at = at
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.once('close', () => {
      for (const { reject } of this.#pending.splice(0)) reject(this.#closedError())
    })
  }

  static async open(
    options: ConnectionOptions & { tls: TlsOptions },
    refusal: TlsFailedError,
  ): Promise<ExpiredCertificateConnection> {
    const { address, username = 'default', password, clientName, connectTimeoutMs } = options
    const timeoutMs = connectTimeoutMs ?? DEFAULT_TIMEOUT_MS
    const at = formatAddress(address)
    const socket = await connectTls(options, timeoutMs)
    if (!isValidButExpired(socket, address, options.tls)) {
      socket.destroy()
      throw refusal
    }
    const connection = new ExpiredCertificateConnection(at, socket)
    try {
      const login = password === undefined ? [] : ['AUTH', username, password]
      const name = clientName === undefined ? [] : ['SETNAME', clientName]
      await connection.send(['HELLO', '3', ...login, ...name], timeoutMs)
      return connection
    } catch (error) {
      connection.close()
      if (error instanceof RedisReplyError && ['WRONGPASS', 'NOAUTH'].includes(error.kind)) {
        throw new AuthFailedError(`${at} refused the password of user "${username}".`)
      }
      throw error
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  send(args: readonly (string | Buffer)[], timeoutMs: number): Promise<Reply> {
    if (!this.isOpen) return Promise.reject(this.#closedError())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new CommandTimeoutError(`${this.#at} did not answer ${args[0]} within ${timeoutMs} ms.`)),
        timeoutMs,
      )
      const finish = <T>(callback: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer)
          callback(value)
        }
      }
      this.#pending.push({ resolve: finish(resolve), reject: finish(reject) })
      this.#socket.write(encodeCommand(args.map(String)))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    try {
      for (let read = decodeReply(this.#received); read !== null; read = decodeReply(this.#received)) {
        this.#received = this.#received.subarray(read.end)
        const pending = this.#pending.shift()
        if (read.reply instanceof RedisReplyError) pending?.reject(read.reply)
        else pending?.resolve(read.reply)
      }
    } catch {
      this.close()
    }
  }

  #closedError = () => new ConnectionClosedError(`The connection to ${this.#at} is closed.`)
}

/** Opens a TLS connection, without sending anything. The caller still has to check the certificate. */
function connectTls(
  { address, tls: { ca, cert, key } }: { address: NodeAddress; tls: TlsOptions },
  timeoutMs: number,
): Promise<TLSSocket> {
  const at = formatAddress(address)
  const { host, port } = address
  const socket = connect({ host, port, ca, cert, key, minVersion: 'TLSv1.2', rejectUnauthorized: false })
  // PendingCommand commands fail when the connection closes.
  socket.on('error', () => {})
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new ConnectionFailedError(`Cannot connect to ${at}: no answer within ${timeoutMs} ms.`))
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

/** OpenSSL reports only one of several errors, so this function checks for all the others. */
function isValidButExpired(
  socket: TLSSocket,
  { host }: NodeAddress,
  { ca, servername }: TlsOptions,
): boolean {
  const presented = socket.getPeerX509Certificate()
  if (presented === undefined) return false
  const [certificate, authority, nowMs] = [presented.toString(), ca.toString(), Date.now()]
  const { purposes, notBefore } = inspectCertificate(certificate, nowMs)
  return (
    isSignedBy(certificate, authority) &&
    inspectCertificate(authority, nowMs).notAfter.getTime() > nowMs &&
    notBefore.getTime() <= nowMs &&
    purposes.includes('server') &&
    checkServerIdentity(servername ?? host, presented.toLegacyObject()) === undefined
  )
}
