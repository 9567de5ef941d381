import { ConnectionClosedError, RedisReplyError } from '@holdfast/tokens'
import {
  Connection,
  type ConnectionOptions,
  formatAddress,
  type NodeAddress,
  type Reply,
  type TlsOptions,
} from '@holdfast/tokens/redis'
import { type CommandConnection, openAcceptingExpired } from './expired-certificate.ts'

/** The credentials of the pool's connections, and whether to encrypt them. */
interface Access extends Pick<ConnectionOptions, 'username' | 'password'> {
  /** Null: the connections are not encrypted. */
  tls: TlsOptions | null
  /** Also connects to servers whose certificate has expired: see {@link openAcceptingExpired}. */
  acceptExpired?: boolean
}

/**
 * Connections to any number of nodes as one user. The pool opens a connection when it is first needed, keeps it open, and
 * opens a new one after a connection broke or a reply was late.
 */
export class ConnectionPool {
  #access: Access
  readonly #open = new Map<string, Promise<CommandConnection>>()
  #isClosed = false

  constructor(access: Access) {
    this.#access = access
  }

  /**
   * Sends commands to one node and returns their replies in order.
   *
   * `timeoutMs` bounds the connection attempt and each reply. Throws the errors of {@link Connection}, and
   * `CONNECTION_CLOSED` after `close`.
   */
  async send(address: NodeAddress, commands: readonly string[][], timeoutMs: number): Promise<Reply[]> {
    const connection = await this.#connect(address, timeoutMs)
    try {
      return await Promise.all(commands.map((command) => connection.send(command, timeoutMs)))
    } catch (error) {
      // After a timeout, a late reply could be taken for the reply to the next command.
      if (!(error instanceof RedisReplyError)) connection.close()
      throw error
    }
  }

  /** Opens a connection outside the pool, which the caller closes. Throws as {@link Connection.open}. */
  open(address: NodeAddress, timeoutMs: number): Promise<Connection> {
    return Connection.open(this.#optionsFor(address, timeoutMs))
  }

  /** Uses these credentials for new connections. Open connections stay as they are. */
  renew(access: Partial<Access>): void {
    this.#access = { ...this.#access, ...access }
  }

  /** Closes the pool permanently: a connection opened later would keep the process running as long as the node runs. */
  close(): void {
    this.#isClosed = true
    for (const opening of this.#open.values())
      opening.then((connection) => connection.close()).catch(() => {})
    this.#open.clear()
  }

  #optionsFor(address: NodeAddress, connectTimeoutMs: number): ConnectionOptions {
    const { tls, acceptExpired: _, ...user } = this.#access
    return { address, ...user, ...(tls && { tls }), clientName: 'holdfast-cluster', connectTimeoutMs }
  }

  #connect(address: NodeAddress, timeoutMs: number): Promise<CommandConnection> {
    const key = formatAddress(address)
    const known = this.#open.get(key)
    if (known !== undefined)
      return known.then((connection) => (connection.isOpen ? connection : this.#dial(address, timeoutMs)))
    return this.#dial(address, timeoutMs)
  }

  #dial(address: NodeAddress, timeoutMs: number): Promise<CommandConnection> {
    const key = formatAddress(address)
    if (this.#isClosed)
      throw new ConnectionClosedError(`Cannot connect to ${key}: the connection pool is closed.`)
    const open = this.#access.acceptExpired ? openAcceptingExpired : Connection.open
    const opening: Promise<CommandConnection> = open(this.#optionsFor(address, timeoutMs))
    this.#open.set(key, opening)
    const forget = () => {
      if (this.#open.get(key) === opening) this.#open.delete(key)
    }
    opening.then(({ closed }) => closed).then(forget, forget)
    return opening
  }
}

/** The values of the requests that succeed. Each request has its own deadline; the result leaves out failed requests. */
export async function fulfilledValues<T>(requests: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(requests)
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
