import { textOf } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'
import { encodeCommand } from '../resp/request-parser.ts'
import { type Identity, RawConnection } from '../upstream/raw-connection.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** The kinds of channels that a client can subscribe to. */
const KINDS = ['subscribe', 'psubscribe', 'ssubscribe'] as const
type Kind = (typeof KINDS)[number]

const CONFIRMATION = /^[ps]?(?:un)?subscribe$/

/**
 * The channels of one client, on a connection of its own. After a failover it subscribes again, silently for the
 * client. Messages that are published meanwhile are lost, as Redis loses them for a client that is not connected.
 */
export class Subscriptions {
  readonly #upstream: Upstream
  readonly #identity: Identity
  readonly #onMessage: (message: Buffer) => void
  readonly #channels: Record<Kind, Set<string>> = {
    subscribe: new Set(),
    psubscribe: new Set(),
    ssubscribe: new Set(),
  }
  #connection: RawConnection | null = null
  #expected = 0
  /** Confirmations of channels that the client has already: they are not forwarded again. */
  #untold = 0
  #confirmed = Promise.withResolvers<void>()
  #closed = false

  constructor(upstream: Upstream, identity: Identity, onMessage: (message: Buffer) => void) {
    this.#upstream = upstream
    this.#identity = identity
    this.#onMessage = onMessage
  }

  /** Whether the client is subscribed to anything. */
  get isActive(): boolean {
    return KINDS.some((kind) => this.#channels[kind].size > 0)
  }

  /**
   * Forwards a command of this kind and resolves when its confirmations have come. Throws when there is no primary to
   * ask.
   */
  async change(name: string, args: readonly Buffer[], raw: Buffer): Promise<void> {
    const connection = await this.#open()
    const kind = name.replace('un', '') as Kind
    const channels = args.slice(1).map((channel) => channel.toString('latin1'))
    const isEnd = name.includes('un')
    this.#expected += channels.length > 0 ? channels.length : Math.max(1, this.#channels[kind].size)
    for (const channel of channels) this.#channels[kind][isEnd ? 'delete' : 'add'](channel)
    if (isEnd && channels.length === 0) this.#channels[kind].clear()
    this.#confirmed = Promise.withResolvers<void>()
    connection.write(raw)
    await Promise.race([this.#confirmed.promise, connection.closed])
  }

  /** Forwards a command whose answer comes like a message, such as PING of a client in RESP2. */
  async forward(raw: Buffer): Promise<void> {
    const connection = await this.#open()
    connection.write(raw)
  }

  close(): void {
    this.#closed = true
    this.#connection?.close()
  }

  async #open(): Promise<RawConnection> {
    if (this.#connection?.isOpen) return this.#connection
    const { primary } = this.#upstream
    if (primary === null) throw new Error(this.#upstream.problem ?? 'The primary has just changed.')
    const connection = await RawConnection.open(primary.node.endpoint, this.#identity)
    connection.onPush = (message) => this.#take(message)
    this.#connection = connection
    this.#expected = 0
    void this.#upstream.group.termOver(primary.term).then(() => connection.close())
    void connection.closed.then(() => this.#reopen())
    for (const kind of KINDS) {
      const channels = [...this.#channels[kind]].map((channel) => Buffer.from(channel, 'latin1'))
      if (channels.length === 0) continue
      this.#untold += channels.length
      connection.write(encodeCommand([kind, ...channels]))
    }
    return connection
  }

  async #reopen(): Promise<void> {
    this.#untold = 0
    while (!this.#closed && this.isActive && this.#connection?.isOpen !== true) {
      await this.#open().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  #take(message: Buffer): void {
    const [kind] = elementsOf(message) ?? []
    const isConfirmation = kind !== undefined && CONFIRMATION.test(textOf(kind))
    if (isConfirmation && this.#untold > 0) {
      this.#untold -= 1
      return
    }
    this.#onMessage(message)
    if (!isConfirmation) return
    this.#expected -= 1
    if (this.#expected <= 0) this.#confirmed.resolve()
  }
}
