import { type HoldfastError, InvalidOptionError, RedisReplyError } from '../errors.ts'
import { parseWhole, textOf } from '../network-text.ts'
import { formatAddress, type NodeAddress } from './address.ts'
import { Connection, type ConnectionOptions, type Reply } from './connection.ts'
import { HANDSHAKE_MS } from './handshake.ts'
import { type Login, withLogin } from './login.ts'
import type { SentinelObservation } from './primary.ts'
import { StandingConnection } from './standing-connection.ts'
import { unsupportedByHello } from './supported-server.ts'

export interface SentinelOptions extends ConnectionOptions {
  /** The name under which it watches the primary. */
  primaryName: string
  /** The id that another Sentinel reports for it. By default it is not known at first. */
  id?: string | undefined
  /** Called after each answer, and when the connection opens or closes. */
  onChange: () => void
  /** Called on an event of this Sentinel, as a hint to ask every node. */
  onHint: () => void
}

/** Deadline of a connection attempt and of a query. */
const COMMAND_TIMEOUT_MS = 1000

/** Events after which the primary or the members may change soon. */
export const HINTS = [
  '+sdown',
  '+odown',
  '+new-epoch',
  '+try-failover',
  '+promoted-slave',
  '+switch-master',
  '+slave',
  '+sentinel',
  '+sentinel-address-switch',
  '+reset-master',
]

/** Another Sentinel, as a Sentinel knows it. Its id stays when it moves to another address. */
export interface SentinelPeer {
  id: string
  address: NodeAddress
}

/** An answer of a Sentinel that led no failover. */
export interface QuietLook {
  /** When it was asked (monotonic ms). */
  askedAtMs: number
  /** The newest epoch that it had announced before it was asked. */
  epoch: number
}

/** One Sentinel: a permanent connection that receives its events, and its last answer. */
export class Sentinel {
  readonly address: string
  readonly #options: SentinelOptions
  readonly #connection: StandingConnection
  #observation: SentinelObservation | null = null
  #id: string | null
  #quorum: number | null = null
  #members: NodeAddress[] = []
  #peers: SentinelPeer[] = []
  #newestEpoch = 0
  #listeningSinceMs: number | null = null
  #quiet: QuietLook | null = null
  #asking: Promise<void> | null = null

  constructor(options: SentinelOptions) {
    this.address = formatAddress(options.address)
    this.#id = options.id ?? null
    this.#options = options
    this.#connection = new StandingConnection({
      ...options,
      connectTimeoutMs: COMMAND_TIMEOUT_MS,
      handshakeTimeoutMs: HANDSHAKE_MS,
      firstRetryMs: 50,
      mostRetryMs: 2000,
      prepare: async (connection) => {
        await this.#checkKind(connection)
        await connection.subscribe(HINTS, (message, event) => this.#hear(event, message), COMMAND_TIMEOUT_MS)
        await this.#look(connection)
        this.#listeningSinceMs = performance.now()
      },
      onChange: options.onChange,
    })
  }

  get isUp(): boolean {
    return this.#connection.isUp
  }

  /** Its last answer about the primary, even if it is unreachable now. */
  get observation(): SentinelObservation | null {
    return this.#observation
  }

  /** The id of the Sentinel (`SENTINEL MYID`), or its address until the id is known. */
  get id(): string {
    return this.#id ?? this.address
  }

  /** How many Sentinels must agree that the primary is down, and vote for a leader. Null until it has reported this. */
  get quorum(): number | null {
    return this.#quorum
  }

  /** The other Sentinels of this group that it knows. Together with itself, they are the voters that it counts. */
  get peers(): readonly SentinelPeer[] {
    return this.#peers
  }

  /** The primary and the replicas that it knows. */
  get members(): readonly NodeAddress[] {
    return this.#members
  }

  /** The newest election or configuration epoch that it has announced. */
  get newestEpoch(): number {
    return this.#newestEpoch
  }

  /** The time since which its events arrive without a gap (monotonic ms), or null if they do not arrive. */
  get listeningSinceMs(): number | null {
    return this.isUp ? this.#listeningSinceMs : null
  }

  /** Its last answer, if it led no failover then; otherwise null. */
  get quiet(): QuietLook | null {
    return this.isUp ? this.#quiet : null
  }

  /** Notes an epoch that it has shown by other means than its events. */
  noteEpoch(epoch: number): void {
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch)
  }

  /** Whether it answers on the connection that carries its events. Then all earlier events have arrived. */
  async answers(timeoutMs: number): Promise<boolean> {
    const since = this.#listeningSinceMs
    try {
      await this.#connection.send(['PING'], timeoutMs)
      return since !== null && since === this.listeningSinceMs
    } catch {
      return false
    }
  }

  /** Why it cannot be asked, or null. */
  get problem(): HoldfastError | null {
    return this.#connection.problem
  }

  /** Connects and logs in once with this login, and changes nothing. Throws as {@link Connection.open}. */
  async tryLogin(login: Login): Promise<void> {
    const connection = await Connection.open(
      withLogin({ ...this.#options, connectTimeoutMs: COMMAND_TIMEOUT_MS }, login),
    )
    connection.close()
  }

  /** A new connection uses this login from now on; an open connection stays. */
  renew(login: Login): void {
    this.#connection.renew(login)
  }

  /** Asks which node is the primary. At most one query is in progress. */
  ask(): Promise<void> {
    this.#asking ??= this.#connection
      .probe((connection) => this.#look(connection))
      .finally(() => {
        this.#asking = null
      })
    return this.#asking
  }

  stop(): void {
    this.#connection.stop()
  }

  #hear(event: string, message: Buffer): void {
    if (event === '+new-epoch') {
      const epoch = parseWhole(message.toString('latin1'))
      if (epoch !== null) this.noteEpoch(epoch)
      // If an epoch cannot be read, the event counts as missed.
      else this.#listeningSinceMs = performance.now()
    }
    this.#options.onHint()
  }

  async #checkKind(connection: Connection): Promise<void> {
    const hello = await connection.send(['HELLO'], COMMAND_TIMEOUT_MS).catch((error: unknown) => {
      // Before 6.2, Sentinel does not support this command, so the id is not known.
      if (error instanceof RedisReplyError) return null
      throw error
    })
    const unsupported = unsupportedByHello(this.address, hello, 'sentinel')
    if (unsupported !== null) throw unsupported
  }

  async #look(connection: Connection): Promise<void> {
    const { primaryName } = this.#options
    const look = { askedAtMs: performance.now(), epoch: this.#newestEpoch }
    try {
      const [id, primary, named, replicas, sentinels] = await Promise.all(
        [
          ['MYID'],
          ...observationQuestions(primaryName),
          ['REPLICAS', primaryName],
          ['SENTINELS', primaryName],
        ].map((question) => connection.send(['SENTINEL', ...question], COMMAND_TIMEOUT_MS)),
      )
      // Another Sentinel at this address counts its epochs from the start.
      if (this.#id !== null && this.#id !== textOf(id)) this.#newestEpoch = 0
      this.#id = textOf(id)
      this.#observation = readObservation(primary, named)
      this.noteEpoch(this.#observation.configEpoch)
      this.#quorum = parseWhole(readField(primary, 'quorum')) || null
      const leads = readField(primary, 'flags').split(',').includes('failover_in_progress')
      this.#quiet = leads ? null : look
      this.#members = [readNamed(named), ...[primary, ...readList(replicas)].flatMap(readAddress)]
      this.#peers = readList(sentinels).flatMap((peer) =>
        readAddress(peer).map((address) => ({ id: readField(peer, 'runid'), address })),
      )
      this.#options.onChange()
    } catch (error) {
      if (error instanceof RedisReplyError && /No such master/i.test(error.message)) {
        throw new InvalidOptionError(
          `The Sentinel ${this.address} watches no primary named "${primaryName}". Check \`primaryName\`.`,
        )
      }
      throw error
    }
  }
}

/** The arguments of `SENTINEL` whose replies {@link readObservation} reads. They must be sent in this order. */
export const observationQuestions = (primaryName: string): string[][] => [
  ['MASTER', primaryName],
  ['GET-MASTER-ADDR-BY-NAME', primaryName],
]

/**
 * Reads the announcement of a Sentinel. The address is asked after the epoch: the leader of a failover has the new
 * epoch from the promotion on, but shows the new address only in reply to the address query, while its `MASTER`
 * still shows the old one. Throws if the answer cannot be read.
 */
export function readObservation(primary: Reply | undefined, named: Reply | undefined): SentinelObservation {
  return {
    primaryAddress: formatAddress(readNamed(named)),
    configEpoch: readWhole(primary, 'config-epoch'),
    failoverTimeoutMs: readWhole(primary, 'failover-timeout'),
    downAfterMs: readWhole(primary, 'down-after-milliseconds'),
  }
}

/** Reads a required number. Throws `REDIS_REPLY` if it cannot be read, because a guess could end a doubt. */
function readWhole(reply: Reply | undefined, name: string): number {
  const value = parseWhole(readField(reply, name))
  if (value === null) throw unreadable(`no whole number as ${name}`)
  return value
}

const unreadable = (what: string) => new RedisReplyError(`The Sentinel's answer has ${what}.`, 'HFSENTINEL')

/** Reads the reply to `GET-MASTER-ADDR-BY-NAME`. */
function readNamed(reply: Reply | undefined): NodeAddress {
  const [address] = toAddress(...readList(reply).map(textOf))
  if (address === undefined) throw unreadable('no address of the primary')
  return address
}

/** Returns the address in a list, or an empty list if it is not a valid address. */
function toAddress(host = '', port = ''): NodeAddress[] {
  const number = parseWhole(port)
  return host === '' || number === null || number < 1 || number > 65_535 ? [] : [{ host, port: number }]
}

function readList(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? reply : []
}

function readAddress(reply: Reply | undefined): NodeAddress[] {
  return toAddress(readField(reply, 'ip'), readField(reply, 'port'))
}

/** Reads a field of a reply that is a map. */
function readField(reply: Reply | undefined, name: string): string {
  if (
    reply === undefined ||
    reply === null ||
    typeof reply !== 'object' ||
    Array.isArray(reply) ||
    Buffer.isBuffer(reply)
  )
    return ''
  return Object.hasOwn(reply, name) ? textOf(reply[name]) : ''
}
