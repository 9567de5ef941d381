import { ConnectionClosedError, RedisReplyError } from '@holdfast/tokens'
import {
  Connection,
  type ConnectionOptions,
  formatAddress,
  type NodeAddress,
  type Reply,
  type TlsOptions,
} from '@holdfast/tokens/redis'
import { type CommandConnection, openAlsoEnded } from './ended-certificate.ts'

/** As whom to connect, and whether to encrypt. */
interface Access extends Pick<ConnectionOptions, 'username' | 'password'> {
  /** Null: the traffic is plain. */
  tls: TlsOptions | null
  /** Commands also go to a server whose certificate has ended: see {@link openAlsoEnded}. */
  alsoEnded?: boolean
}

/**
 * Connections to any number of nodes as one user: opened when first needed, kept, and opened anew after they
 * broke or went silent.
 */
export class Lines {
  #access: Access
  readonly #open = new Map<string, Promise<CommandConnection>>()
  #isClosed = false

  constructor(access: Access) {
    this.#access = access
  }

  /**
   * Sends commands to one node; answers their replies in order.
   *
   * Throws what {@link Connection} throws, `CONNECTION_CLOSED` also after `close`; `timeoutMs` bounds the connecting and
   * each answer.
   */
  async send(address: NodeAddress, commands: readonly string[][], timeoutMs: number): Promise<Reply[]> {
    const connection = await this.#connect(address, timeoutMs)
    try {
      return await Promise.all(commands.map((command) => connection.send(command, timeoutMs)))
    } catch (error) {
      // After a silence a late answer could be taken for the next command's.
      if (!(error instanceof RedisReplyError)) connection.close()
      throw error
    }
  }

  /** One more connection, which the caller closes. Throws as {@link Connection.open}. */
  open(address: NodeAddress, timeoutMs: number): Promise<Connection> {
    return Connection.open(this.#optionsFor(address, timeoutMs))
  }

  /** From now on a fresh connection logs in so; those that are open stay. */
  renew(access: Partial<Access>): void {
    this.#access = { ...this.#access, ...access }
  }

  /** For good: a connection that was opened later would keep the process going for as long as the node does. */
  close(): void {
    this.#isClosed = true
    for (const opening of this.#open.values())
      opening.then((connection) => connection.close()).catch(() => {})
    this.#open.clear()
  }

  #optionsFor(address: NodeAddress, connectTimeoutMs: number): ConnectionOptions {
    const { tls, alsoEnded: _, ...user } = this.#access
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
    if (this.#isClosed) throw new ConnectionClosedError(`The connections are closed, also that to ${key}.`)
    const open = this.#access.alsoEnded ? openAlsoEnded : Connection.open
    const opening: Promise<CommandConnection> = open(this.#optionsFor(address, timeoutMs))
    this.#open.set(key, opening)
    const forget = () => {
      if (this.#open.get(key) === opening) this.#open.delete(key)
    }
    opening.then(({ closed }) => closed).then(forget, forget)
    return opening
  }
}

/** The address in a Sentinel's reply about a node or a Sentinel. */
export function readAddress(reply: Reply | undefined): NodeAddress {
  return { host: readField(reply, 'ip'), port: Number(readField(reply, 'port')) }
}

/** A reply that is a list; none when it is something else. */
export const readList = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : [])

/** A field of a reply that is a map; an empty text when it has none of that name. */
export function readField(reply: Reply | undefined, name: string): string {
  if (reply === null || typeof reply !== 'object' || Array.isArray(reply) || Buffer.isBuffer(reply)) return ''
  return String(reply[name] ?? '')
}
