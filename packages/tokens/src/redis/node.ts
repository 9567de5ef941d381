import { type HoldfastError, RedisReplyError } from '../errors.ts'
import { formatAddress, type NodeAddress } from './address.ts'
import type { ReachableAddress } from './address-map.ts'
import { parseServerTime } from './clocks.ts'
import { Connection, type ConnectionOptions, type Reply } from './connection.ts'
import { HANDSHAKE_MS } from './handshake.ts'
import { type Login, withLogin } from './login.ts'
import { parseReplication, type ReplicationView } from './replication.ts'
import { StandingConnection } from './standing-connection.ts'
import { unsupportedByHello, unsupportedNode, withoutCommand } from './supported-server.ts'
import type { TlsOptions } from './tls.ts'

/** The key whose value is the group id of a data set; see {@link Node.mark}. */
export const MARK_KEY = 'hf:mark'

export interface NodeOptions extends ConnectionOptions {
  /** Called after each probe, and when the connection opens or closes. */
  onChange: () => void
}

/** Where and how to connect to a node. */
export interface Endpoint {
  /** The address that the node announces. */
  address: NodeAddress
  reach: ReachableAddress
  tls: TlsOptions | undefined
  localAddress: string | undefined
}

/** Deadline of a connection attempt and of a probe. A slower node counts as hung. */
const COMMAND_TIMEOUT_MS = 1000
/**
 * The maximum difference between this process's clocks over one query. A larger difference is a step or a pause,
 * and the node's time is not measured.
 */
const MEASURABLE_MS = 1000

/**
 * One Redis process of the group: a permanent connection for reads and probes, and the last answer of the node.
 * Writes use separate connections ({@link Node.openConnection}), because WAIT delays all commands behind it.
 */
export class Node {
  readonly address: string
  #options: NodeOptions
  readonly #connection: StandingConnection
  #view: ReplicationView | null = null
  #mark: string | null = null
  #aheadOfMonotonicMs: number | null = null
  #probing: Promise<void> | null = null

  constructor(options: NodeOptions) {
    this.address = formatAddress(options.address)
    this.#options = { ...options, connectTimeoutMs: COMMAND_TIMEOUT_MS, handshakeTimeoutMs: HANDSHAKE_MS }
    this.#connection = new StandingConnection({
      ...this.#options,
      firstRetryMs: 25,
      mostRetryMs: 500,
      prepare: (connection) => this.#look(connection),
      onChange: options.onChange,
    })
  }

  /** Whether the node answers, as far as this process knows. */
  get isUp(): boolean {
    return this.#connection.isUp
  }

  /** The node's last answer about its replication. */
  get view(): ReplicationView | null {
    return this.#view
  }

  /**
   * The group id in the node's data set. A node that lost its data has none, and then its answer that a token does
   * not exist means nothing.
   */
  get mark(): string | null {
    return this.#mark
  }

  /** The node's wall clock minus this process's monotonic clock (in milliseconds) at the last measurement, or null. */
  get aheadOfMonotonicMs(): number | null {
    return this.isUp ? this.#aheadOfMonotonicMs : null
  }

  /** Why the node is down, or null. */
  get problem(): HoldfastError | null {
    return this.#connection.problem
  }

  /** Sends a command over the permanent connection. Throws as {@link Connection.send}. */
  read(args: readonly (string | Buffer)[], timeoutMs: number): Promise<Reply> {
    return this.#connection.send(args, timeoutMs)
  }

  /** Where and how to connect, without a login. */
  get endpoint(): Endpoint {
    const { address, reach, tls, localAddress } = this.#options
    return { address, reach: reach ?? address, tls, localAddress }
  }

  /** Opens another connection to the node. Throws as {@link Connection.open}. */
  openConnection(): Promise<Connection> {
    return Connection.open(this.#options)
  }

  /** Connects and logs in once with this login, and changes nothing. Throws as {@link Connection.open}. */
  async tryLogin(login: Login): Promise<void> {
    const connection = await Connection.open(withLogin(this.#options, login))
    connection.close()
  }

  /** New connections use this login from now on; open connections stay. */
  renew(login: Login): void {
    this.#options = withLogin(this.#options, login)
    this.#connection.renew(login)
  }

  /** Queries the node now. At most one query is in progress. */
  probe(): Promise<void> {
    this.#probing ??= this.#connection
      .probe((connection) => this.#look(connection))
      .finally(() => {
        this.#probing = null
      })
    return this.#probing
  }

  stop(): void {
    this.#connection.stop()
  }

  async #look(connection: Connection): Promise<void> {
    const asked = Promise.all([
      connection.send(['INFO', 'replication'], COMMAND_TIMEOUT_MS),
      connection.send(['GET', MARK_KEY], COMMAND_TIMEOUT_MS).catch(notWhileLoading),
    ])
    // If the server refuses these commands, its type explains best why, so that error is thrown first.
    asked.catch(() => {})
    const server = await this.#askServer(connection).catch((error) => this.#explain(connection, error))
    const unsupported = unsupportedNode(this.address, server)
    if (unsupported !== null) throw unsupported
    const [info, mark] = await asked
    this.#view = parseReplication(String(info))
    this.#mark = mark === null ? null : String(mark)
    this.#options.onChange()
  }

  /** Throws the reason why the node refuses the query: it is not a supported Redis, or the user lacks permissions. */
  async #explain(connection: Connection, error: unknown): Promise<never> {
    if (!(error instanceof RedisReplyError)) throw error
    const hello = await connection.send(['HELLO'], COMMAND_TIMEOUT_MS)
    throw (
      unsupportedByHello(this.address, hello, 'standalone') ??
      (error.kind === 'NOPERM' ? withoutCommand(this.address, 'INFO', error.kind) : error)
    )
  }

  /**
   * Reads the node's clock, on the assumption that the node read it halfway between the query and the answer. A
   * node that shows no time is not measured.
   */
  async #askServer(connection: Connection): Promise<string> {
    const [sentMs, sentWallMs] = [performance.now(), Date.now()]
    const info = String(await connection.send(['INFO', 'server'], COMMAND_TIMEOUT_MS))
    const timeMs = parseServerTime(info)
    const tookMs = performance.now() - sentMs
    const isSteady = Math.abs(Date.now() - sentWallMs - tookMs) <= MEASURABLE_MS
    // Otherwise the earlier measurement stays valid: it is relative to the monotonic clock, so a step of the wall
    // clock does not change it.
    if (timeMs !== null && isSteady) this.#aheadOfMonotonicMs = timeMs - (sentMs + tookMs / 2)
    return info
  }
}

/**
 * While a node loads its data set, it answers INFO, and replies LOADING to everything else: no group id at this
 * time.
 */
function notWhileLoading(error: unknown): null {
  if (error instanceof RedisReplyError && error.kind === 'LOADING') return null
  throw error
}
