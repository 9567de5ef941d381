import { randomBytes } from 'node:crypto'
import { Backoff, type ConfirmedConnection, MARK_KEY, parseReplication } from '@holdfast/tokens/group'
import { decode, errorKind, isError, nullArray, OK, textOf } from '../resp/reply.ts'
import { encodeCommand } from '../resp/request-parser.ts'
import { type Identity, LoginRefusedError, RawConnection } from '../upstream/raw-connection.ts'
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
import { bytesOf, type Call, unavailable, uncertain } from './call.ts'
import { type CompletionRecord, parseRecord, RECORD_PREFIX, RENEW_AFTER_MS } from './completion-record.ts'
import { Journal } from './journal.ts'

export interface WriteStreamOptions {
  identity: Identity
  /** The logical database of the completion records. */
  recordDb: number
  /** Most bytes of answered batches that a replica lacks. */
  maxJournalBytes: number
  /** Whether writes are acknowledged, or held, while the journal is full because a replica is down. */
  whenReplicaMissing: 'acknowledge' | 'hold'
  /** How long a transaction may take (in milliseconds). Then its connection is closed. */
  holdMs: number
  counters: WriteCounters
  rules: WriteRules
  onLoginRefused: (error: LoginRefusedError) => void
}

/** What happened to writes; for metrics. */
export interface WriteCounters {
  /** Batches that were sent again because the primary lacked them. */
  sentAgain: number
  /** Batches without an answer that the record proved to be done. */
  foundDone: number
  uncertain: number
  unavailable: number
  /** Answered batches that a new primary lacked. */
  lostProofs: number
  /** Answered batches that a new primary lacked and refused. */
  notSentAgain: number
  /** Completion records that had vanished. */
  lostRecords: number
}

/** A batch on its way. */
interface Current extends Batch {
  /** Whether any attempt of it may have reached a server. */
  wasSent: boolean
  /** The answers, once an attempt was done. */
  answers: Buffer[] | null
}

/** The connection of this stream in one term. It is in the database of the records, and watches the record. */
interface Writer extends ConfirmedConnection {
  connection: RawConnection
  term: number
}

const MAX_CALLS = 1024
/** If the server does not answer at all within this time, the connection is closed. */
const LOOK_MS = 1000
const MAX_BYTES = 1024 * 1024
/** How often the replicas are asked about answered batches that they lacked, while nothing else is written. */
const CONFIRM_EVERY_MS = 500

/** The state of the connection or of the group is not as expected. The batch is sent again. */
class AgainError extends Error {}

/** The server will never do what the proxy needs to write for these clients. `reply` says what is missing. */
class NotPermittedError extends Error {
  readonly reply: Buffer

  constructor(reply: Buffer) {
    super(textOf(reply))
    this.reply = reply
  }
}

/**
 * The writes of all clients with one login, one batch after the other. A batch is a transaction that also sets this
 * stream's completion record, and its answers are given when it is acknowledged, as a write of the token store is. Before
 * a batch is sent again, the record shows whether it was done; the record is watched on the socket that sends, so that the
 * bytes of an abandoned socket, whenever they arrive, change nothing. INV-PROXY-2.
 */
export class WriteStream {
  readonly #upstream: Upstream
  readonly #options: WriteStreamOptions
  readonly #record: RecordPlace
  readonly #confirmation
  readonly #journal: Journal
  #queue = new Set<Call>()
  #current: Current | null = null
  #writer: Writer | null = null
  #number = 0
  #attempt = 0
  /** The newest batch that was acknowledged; -1 before the first one. */
  #acknowledged = -1
  #caughtUpTerm = -1
  #wake = Promise.withResolvers<void>()
  #lastWriteMs = 0
  #opening: Promise<Writer> | null = null
  /** A client watches keys on the connection. */
  #isWatching = false
  #closed = false
  #problem: string | null = null

  constructor(upstream: Upstream, options: WriteStreamOptions) {
    this.#upstream = upstream
    this.#options = options
    this.#record = { key: `${RECORD_PREFIX}${randomBytes(12).toString('hex')}`, db: options.recordDb }
    this.#confirmation = upstream.confirmation()
    this.#journal = new Journal(options.maxJournalBytes)
    void this.#run()
    void this.#followTerms()
  }

  /** Calls that are not answered. */
  get size(): number {
    return this.#queue.size + (this.#current?.calls.length ?? 0)
  }

  get forgotten(): number {
    return this.#journal.forgotten
  }

  /** Answered batches that a replica lacks. */
  get unconfirmed(): number {
    return this.#journal.size
  }

  /** Whether the primary of this term has everything that this stream answered. Until then no client may read there. */
  isCaughtUp(term: number): boolean {
    return this.#caughtUpTerm === term || (this.#journal.size === 0 && this.#current?.wasSent !== true)
  }

  /** Adds a call. Its answer comes in any case, by `untilMs`. */
  add(call: Call): void {
    const timer = setTimeout(() => this.#expire(call), Math.max(0, call.untilMs - performance.now()))
    const { answer } = call
    call.answer = (reply) => {
      clearTimeout(timer)
      answer(reply)
    }
    this.#queue.add(call)
    this.#wake.resolve()
  }

  /**
   * Watches keys for a transaction of the client that has this stream for itself, and returns the connection that does:
   * it is the only one on which the transaction can be done. Throws like the server answers, or when there is no primary.
   */
  async watch(db: number, watch: Buffer): Promise<{ connection: object; reply: Buffer }> {
    let connection: RawConnection
    try {
      connection = (await this.#open()).connection
    } catch (error) {
      if (error instanceof NotPermittedError) return { connection: this, reply: error.reply }
      throw error
    }
    this.#isWatching = true
    const back = encodeCommand(['SELECT', String(this.#record.db)])
    const select = encodeCommand(['SELECT', String(db)])
    const replies = await connection.exchange([select, watch, back], 3, LOOK_MS)
    return { connection, reply: replies.find(isError) ?? replies[1] ?? OK }
  }

  /** Ends the connection, and with it all that it watches. */
  unwatch(): void {
    this.#isWatching = false
    this.#drop()
  }

  /** Ends the stream. Calls that were not answered are answered as {@link unavailable} or {@link uncertain}. */
  close(): void {
    this.#closed = true
    this.#writer?.connection.close()
    for (const call of [...(this.#current?.calls ?? []), ...this.#queue]) this.#expire(call)
    this.#wake.resolve()
  }

  /** Answers a call whose time is over. If it was sent, it is not sent again; whether it was done is not known. */
  #expire(call: Call): void {
    const reason = this.#problem ?? this.#upstream.problem ?? 'The primary has not answered.'
    if (this.#queue.delete(call)) {
      this.#options.counters.unavailable += 1
      call.answer(unavailable(reason))
      return
    }
    const at = this.#current?.calls.indexOf(call) ?? -1
    if (at < 0 || this.#current === null) return
    const wasSent = this.#current.wasSent
    this.#options.counters[wasSent ? 'uncertain' : 'unavailable'] += 1
    call.answer(wasSent ? uncertain(call, reason) : unavailable(reason))
    call.answer = () => {}
    call.isAbandoned = () => true
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(5, 100)
    while (!this.#closed) {
      try {
        await this.#untilWork()
        if (this.#closed) break
        const writer = await this.#open()
        // Any transaction would end what a client watches: its own is the next one.
        if (!this.#isWatching || this.#current !== null || this.#queue.size > 0) await this.#write(writer)
        this.#problem = null
        backoff.reset()
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error)
        if (error instanceof LoginRefusedError) this.#options.onLoginRefused(error)
        if (error instanceof NotPermittedError) this.#refuseAll(error)
        this.#drop()
        this.#upstream.group.alert()
        await new Promise((resolve) => setTimeout(resolve, backoff.next()))
      }
    }
    this.#drop()
  }

  /** Waits for a call, or for the time at which the record or the journal needs attention. */
  async #untilWork(): Promise<void> {
    while (!this.#closed && this.#current === null && this.#queue.size === 0) {
      this.#wake = Promise.withResolvers<void>()
      const restMs =
        this.#journal.size > 0 ? CONFIRM_EVERY_MS : RENEW_AFTER_MS - (performance.now() - this.#lastWriteMs)
      let timer: NodeJS.Timeout | undefined
      const rest = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), Math.max(CONFIRM_EVERY_MS, restMs))
      })
      const isTime = await Promise.race([this.#wake.promise.then(() => false), rest])
      clearTimeout(timer)
      if ((isTime && !this.#isWatching) || this.#hasNewTerm()) return
    }
  }

  /** Whether another term has begun in which the primary may lack what this stream answered. */
  #hasNewTerm(): boolean {
    return this.#journal.size > 0 && this.#caughtUpTerm !== this.#upstream.group.term
  }

  /** After a failover, what this stream answered must be there before any client reads: that does not wait for a call. */
  async #followTerms(): Promise<void> {
    while (!this.#closed) {
      await this.#upstream.group.termOver(this.#upstream.group.term)
      this.#wake.resolve()
    }
  }

  /** A batch of what waits. Without calls it renews the record and asks about the journal. */
  #next(): Current {
    if (this.#current !== null) return this.#current
    const calls: Call[] = []
    let bytes = 0
    for (const call of this.#queue) {
      if (calls.length >= MAX_CALLS || bytes >= MAX_BYTES) break
      this.#queue.delete(call)
      if (call.isAbandoned()) call.answer(unavailable('The client has gone.'))
      else {
        calls.push(call)
        bytes += bytesOf(call)
      }
    }
    this.#current = { number: this.#number, calls, wasSent: false, answers: null }
    this.#number += 1
    return this.#current
  }

  async #write(writer: Writer): Promise<void> {
    if (this.#options.whenReplicaMissing === 'hold' && this.#journal.isFull) {
      await this.#confirmJournal(writer)
      return
    }
    const current = this.#next()
    if (current.answers !== null) return await this.#acknowledge(writer, current, current.answers)
    this.#isWatching = false
    this.#endUnwatched(current, writer.connection)
    const wasSent = current.wasSent
    current.wasSent = true
    const sent = this.#send(writer, current)
    // Behind the transaction on the same socket, without waiting for its answer.
    const confirmation = this.#confirmation.wait(writer)
    confirmation.catch(() => {})
    const outcome = await sent
    if (outcome.kind === 'done') {
      current.answers = outcome.answers
      await this.#acknowledge(writer, current, outcome.answers, confirmation)
      return
    }
    // This attempt did nothing; an earlier one may still. The other calls go again, with the next attempt.
    current.wasSent = wasSent
    for (const [call, reply] of outcome.refusals) call.answer(reply)
    current.calls = current.calls.filter((call) => !outcome.refusals.has(call))
    if (current.calls.length === 0 && !wasSent) this.#current = null
  }

  /** Keys that another connection watched may have changed: the transaction ends as if they had. */
  #endUnwatched(current: Current, connection: RawConnection): void {
    for (const call of current.calls) {
      if (call.watchedBy === undefined || call.watchedBy === connection) continue
      call.answer(nullArray(this.#options.identity.protocol))
      current.calls = current.calls.filter((other) => other !== call)
    }
  }

  /** Sends the transaction of a batch. Throws `AgainError` when nothing was done and it can be sent again. */
  async #send(writer: Writer, batch: Batch): Promise<Extract<Outcome, { kind: 'done' | 'refused' }>> {
    const { identity } = this.#options
    this.#attempt += 1
    const { bytes, replies } = encodeBatch(batch, this.#attempt, this.#record, this.#options.rules)
    const outcome = readOutcome(
      batch,
      await writer.connection.exchange(bytes, replies, this.#options.holdMs),
      this.#record,
      identity.protocol,
    )
    this.#lastWriteMs = performance.now()
    if (outcome.kind === 'guarded') {
      // The connection ends, and the record shows whether an earlier attempt was done, or a watched key has changed.
      throw new AgainError('An earlier attempt was done meanwhile, or a watched key has changed.')
    }
    if (outcome.kind === 'passing') throw new AgainError(outcome.error)
    return outcome
  }

  /** Answers a batch that was done when no failover can undo it, and waits until then. */
  async #acknowledge(
    writer: Writer,
    batch: Current,
    answers: readonly Buffer[],
    first = this.#confirmation.wait(writer),
  ): Promise<void> {
    const backoff = new Backoff(5, 100)
    for (let confirmation = first; ; confirmation = this.#confirmation.wait(writer)) {
      const { complete, followed, missing } = await confirmation
      const sameTerm = () => this.#upstream.group.term === writer.term
      if (followed && sameTerm() && (complete || ((await this.#upstream.isClear(missing)) && sameTerm()))) {
        if (complete) this.#journal.confirmed(batch.number)
        else if (this.#options.rules.journal) this.#journal.keep(batch)
        this.#acknowledged = batch.number
        this.#current = null
        for (const [index, call] of batch.calls.entries()) call.answer(answers[index] ?? unavailable(''))
        return
      }
      if (this.#closed || !writer.connection.isOpen || !sameTerm())
        throw new AgainError('The primary has changed.')
      this.#problem = this.#upstream.problem ?? 'Too few replicas confirm what was written.'
      await new Promise((resolve) => setTimeout(resolve, backoff.next()))
    }
  }

  async #confirmJournal(writer: Writer): Promise<void> {
    const { complete } = await this.#confirmation.wait(writer)
    if (complete) this.#journal.confirmed(this.#acknowledged)
    else await new Promise((resolve) => setTimeout(resolve, CONFIRM_EVERY_MS))
  }

  /**
   * Returns the connection to the primary of this moment. A new one begins with the question what was done: the record is
   * watched, then read, and what it does not cover is sent again in order.
   */
  #open(): Promise<Writer> {
    const { primary } = this.#upstream
    if (primary === null) {
      return Promise.reject(new AgainError(this.#upstream.problem ?? 'The primary has just changed.'))
    }
    if (this.#writer?.term === primary.term && this.#writer.connection.isOpen)
      return Promise.resolve(this.#writer)
    // A client that watches and this stream's own loop may both want it.
    this.#opening ??= this.#connect(primary).finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #connect({ node, term }: NonNullable<Upstream['primary']>): Promise<Writer> {
    this.#drop()
    const replid = node.view?.replid ?? ''
    const connection = await RawConnection.open(node.endpoint, this.#options.identity)
    // A hung server answers no command, and the end of its term is how that is noticed.
    void this.#upstream.group.termOver(term).then(() => connection.close())
    try {
      const record = await this.#look(connection, node.address, replid)
      const writer = { node, connection, term, replid, view: null }
      await this.#catchUp(writer, record)
      this.#caughtUpTerm = term
      this.#writer = writer
      return writer
    } catch (error) {
      connection.close()
      this.#writer = null
      throw error
    }
  }

  async #look(connection: RawConnection, address: string, replid: string): Promise<CompletionRecord | null> {
    const questions = [
      ['GET', MARK_KEY],
      ['INFO', 'replication'],
      ['SELECT', String(this.#record.db)],
      [this.#options.rules.guard ? 'WATCH' : 'EXISTS', this.#record.key],
      ['GET', this.#record.key],
    ]
    const replies = await connection.exchange(questions.map(encodeCommand), questions.length, LOOK_MS)
    const refused = replies.find(isError)
    if (refused !== undefined) {
      if (errorKind(refused) === 'NOPERM') throw new NotPermittedError(aboutRights(refused))
      if (refused === replies[2]) throw new NotPermittedError(aboutDatabases(address, this.#record.db))
      throw new AgainError(textOf(refused))
    }
    const [mark, info, , , value] = replies.map(decode)
    // Looked at on the socket that will carry the writes, because the address may belong to another group by now.
    if (!this.#upstream.group.isOurs(typeof mark === 'string' ? mark : null)) {
      throw new AgainError(`${address} does not hold data of this group any more.`)
    }
    const view = parseReplication(String(info))
    if (view.replid !== replid) throw new AgainError(`${address} has restarted.`)
    if (view.role !== 'primary') throw new AgainError(`${address} is not the primary.`)
    return parseRecord(typeof value === 'string' ? value : null)
  }

  /** Sends again what this primary lacks, in order. */
  async #catchUp(writer: Writer, record: CompletionRecord | null): Promise<void> {
    const { counters } = this.#options
    const current = this.#current
    if (record === null && this.#acknowledged >= 0) {
      // The proof has vanished: it is unknown what was done. Sending again could do it twice.
      counters.lostRecords += 1
      counters.lostProofs += this.#journal.clear()
      if (current?.wasSent && current.answers === null) this.#giveUp(current)
      this.#acknowledged = -1
      return
    }
    const done = record?.batch ?? -1
    const missing = this.#journal.after(done)
    if (missing.length > 0) counters.lostProofs += missing.length
    for (const batch of missing) {
      const outcome = await this.#send(writer, batch)
      if (outcome.kind === 'done') counters.sentAgain += 1
      else await this.#refuseAgain(batch, outcome.refusals)
    }
    if (current === null || !current.wasSent) return
    if (current.number <= done) {
      if (current.answers !== null) return
      // It was done, and its answers are lost.
      counters.foundDone += 1
      this.#giveUp(current)
      return
    }
    // It stays sent: until the next transaction of this stream, the bytes of an abandoned socket may still do it.
    counters.sentAgain += 1
    current.answers = null
    current.calls = current.calls.filter((call) => !call.isAbandoned())
  }

  /** The server refuses an answered batch now. Full memory passes; what is not permitted any more does not. */
  async #refuseAgain(batch: Batch, refusals: Map<Call, Buffer>): Promise<void> {
    const [reply] = refusals.values()
    if (reply !== undefined && errorKind(reply) === 'OOM') throw new AgainError(textOf(reply))
    this.#options.counters.notSentAgain += 1
    this.#journal.drop(batch.number)
  }

  /** Answers a batch as far as it can be known without the server's answers. */
  #giveUp(current: Current): void {
    for (const call of current.calls) {
      if (call.isAbandoned()) continue
      this.#options.counters.uncertain += 1
      call.answer(uncertain(call, 'The connection ended before the answer came.'))
    }
    this.#current = null
  }

  /** The user lacks rights that each write needs. Waiting does not give them. */
  #refuseAll({ reply }: NotPermittedError): void {
    const waiting = [...this.#queue]
    this.#queue.clear()
    for (const call of waiting) call.answer(reply)
  }

  #drop(): void {
    this.#writer?.connection.close()
    this.#writer = null
  }
}
