import {
  type ConfirmedConnection,
  MARK_KEY,
  type Node,
  parseReplication,
  type ReplicationView,
} from '@holdfast/tokens/group'
import type { CommandTable } from '../commands/command-table.ts'
import { decode, errorKind, isError, OK, textOf, textOrNull } from '../resp/reply.ts'
import { encodeCommand } from '../resp/request-parser.ts'
import { type Identity, RawConnection } from '../upstream/raw-connection.ts'
import type { Upstream } from '../upstream/upstream.ts'
import {
  aboutDatabases,
  aboutRights,
  type Batch,
  encodeBatch,
  type Outcome,
  type RecordPlace,
  readOutcome,
  type WriteRules,
} from './batch.ts'
import { type CompletionRecord, formatRecord, parseRecord } from './completion-record.ts'
import { encodeForFullMemory, readOutcomeForFullMemory } from './full-memory.ts'

/** If the server does not answer at all within this time, the connection is closed. */
const LOOK_MS = 1000

export interface WriterOptions {
  identity: Identity
  record: RecordPlace
  /** How long a transaction may take (in milliseconds). Then its connection is closed. */
  holdMs: number
  rules: WriteRules
  commands: CommandTable
}

/** What the first look at a primary found. */
export type Look =
  | { kind: 'ready'; record: CompletionRecord | null }
  /** It is not the primary that was expected. Another look is made soon. */
  | { kind: 'again'; reason: string }
  /** The server will never do what the proxy needs to write for these clients. `reply` says what is missing. */
  | { kind: 'not-permitted'; reply: Buffer }

/**
 * The connection of a write stream to the primary of one term. It is in the database of the records, and watches the record
 * of its stream. It ends with its term.
 */
export class Writer implements ConfirmedConnection {
  readonly node: Node
  readonly connection: RawConnection
  readonly term: number
  readonly replid: string
  view: ReplicationView | null = null
  readonly #options: WriterOptions
  /** The record as this connection knows it. */
  #record: string | null = null

  private constructor(node: Node, connection: RawConnection, term: number, options: WriterOptions) {
    this.node = node
    this.connection = connection
    this.term = term
    this.replid = node.view?.replid ?? ''
    this.#options = options
  }

  /**
   * Connects, and looks at the record behind its `WATCH`: what it covers was done, and what it does not cover is not done
   * any more by what was sent before. Unless the look is `ready`, the connection is closed. Throws like
   * `RawConnection.open`.
   */
  static async open(
    upstream: Upstream,
    { node, term }: NonNullable<Upstream['primary']>,
    options: WriterOptions,
  ): Promise<{ writer: Writer; look: Look }> {
    const connection = await RawConnection.open(node.endpoint, options.identity)
    // A hung server answers no command, and the end of its term is how that is noticed.
    void upstream.group.termOver(term).then(() => connection.close())
    let isReady = false
    try {
      const writer = new Writer(node, connection, term, options)
      const look = await writer.#look(upstream)
      isReady = look.kind === 'ready'
      return { writer, look }
    } finally {
      if (!isReady) connection.close()
    }
  }

  /** Sends the transaction of a batch. Throws when the connection ends: then it is not known whether it was done. */
  async send(batch: Batch, attempt: number): Promise<Outcome> {
    const { record, rules, identity, holdMs } = this.#options
    const { bytes, replies } = encodeBatch(batch, attempt, record, rules)
    const answers = await this.connection.exchange(bytes, replies, holdMs)
    const outcome = readOutcome(batch, answers, record, identity.protocol)
    if (outcome.kind === 'done') this.#record = formatRecord({ batch: batch.number, attempt })
    if (outcome.kind !== 'guarded' || !batch.calls.some(({ watchedBy }) => watchedBy !== undefined))
      return outcome
    // Behind the new WATCH of the record: if it is as before, a key of the client has changed.
    const [value] = await this.connection.exchange([encodeCommand(['GET', record.key])], 1, LOOK_MS)
    return this.#isRecord(value) ? { kind: 'unwatched' } : outcome
  }

  /**
   * Does a batch although the server's memory is full, by a script instead of a transaction. `oom`: what the server answered
   * to the transaction. Throws as {@link send}.
   */
  async sendForFullMemory(batch: Batch, attempt: number, oom: Buffer): Promise<Outcome> {
    const { record, rules, identity, holdMs, commands } = this.#options
    const value = formatRecord({ batch: batch.number, attempt })
    const options = { record, protocol: identity.protocol, guard: rules.guard, commands }
    const { bytes, replies } = encodeForFullMemory(batch, { value, known: this.#record }, options)
    const answers = await this.connection.exchange(bytes, replies, holdMs)
    const outcome = readOutcomeForFullMemory(batch, answers, options, oom)
    if (outcome.kind === 'done') this.#record = value
    return outcome
  }

  /** Watches keys for a client, and returns the server's answer. */
  async watch(db: number, watch: Buffer): Promise<Buffer> {
    const back = encodeCommand(['SELECT', String(this.#options.record.db)])
    const select = encodeCommand(['SELECT', String(db)])
    const replies = await this.connection.exchange([select, watch, back], 3, LOOK_MS)
    return replies.find(isError) ?? replies[1] ?? OK
  }

  /**
   * Forgets what a client watches, without `UNWATCH`, which needs another right. Resolves when the record is watched again. If
   * it was changed before, the connection ends: the next one shows what was done.
   */
  async unwatch(): Promise<void> {
    const { record, rules } = this.#options
    const commands = [
      ['MULTI'],
      ['EXEC'],
      [rules.guard ? 'WATCH' : 'EXISTS', record.key],
      ['GET', record.key],
    ]
    try {
      const replies = await this.connection.exchange(commands.map(encodeCommand), commands.length, LOOK_MS)
      if (!this.#isRecord(replies[3])) this.connection.close()
    } catch {
      // The connection has ended, and with it all that it watched.
    }
  }

  #isRecord(value: Buffer | undefined): boolean {
    return value !== undefined && !isError(value) && textOrNull(value) === this.#record
  }

  async #look(upstream: Upstream): Promise<Look> {
    const { record, rules } = this.#options
    const { address } = this.node
    const questions = [
      ['GET', MARK_KEY],
      ['INFO', 'replication'],
      ['SELECT', String(record.db)],
      [rules.guard ? 'WATCH' : 'EXISTS', record.key],
      ['GET', record.key],
    ]
    const replies = await this.connection.exchange(questions.map(encodeCommand), questions.length, LOOK_MS)
    const refused = replies.find(isError)
    if (refused !== undefined) {
      if (errorKind(refused) === 'NOPERM') return { kind: 'not-permitted', reply: aboutRights(refused) }
      if (refused === replies[2]) return { kind: 'not-permitted', reply: aboutDatabases(address, record.db) }
      return { kind: 'again', reason: textOf(refused) }
    }
    const [mark, info, , , value] = replies.map(decode)
    // Looked at on the socket that will carry the writes, because the address may belong to another group by now.
    if (!upstream.group.isOurs(typeof mark === 'string' ? mark : null)) {
      return { kind: 'again', reason: `${address} does not hold data of this group any more.` }
    }
    const view = parseReplication(String(info))
    if (view.replid !== this.replid) return { kind: 'again', reason: `${address} has restarted.` }
    if (view.role !== 'primary') return { kind: 'again', reason: `${address} is not the primary.` }
    this.#record = typeof value === 'string' ? value : null
    return { kind: 'ready', record: parseRecord(this.#record) }
  }
}
