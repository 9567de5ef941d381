import { randomBytes } from 'node:crypto'
import { Backoff } from '@holdfast/tokens/group'
import type { CommandTable } from '../commands/command-table.ts'
import { textOf } from '../resp/reply.ts'
import { type Identity, LoginRefusedError } from '../upstream/raw-connection.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Batch, Outcome, RecordPlace, WriteRules } from './batch.ts'
import { Batches, type Current } from './batches.ts'
import type { Call } from './call.ts'
import { again, CatchUp, type Sent } from './catch-up.ts'
import { RECORD_PREFIX, RENEW_AFTER_MS } from './completion-record.ts'
import type { WriteCounters } from './counters.ts'
import { whenFull } from './full-memory.ts'
import { Journal } from './journal.ts'
import { Writer } from './writer.ts'

export interface WriteStreamOptions {
  identity: Identity
  commands: CommandTable
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
  /** The primary lacked this many answered batches, and now has them again. */
  onSentAgain: (batches: number) => void
}

/** How often the replicas are asked about answered batches that they lacked, while nothing else is written. */
const CONFIRM_EVERY_MS = 500

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
  readonly #batches: Batches
  readonly #catchUp: CatchUp
  #writer: Writer | null = null
  #attempt = 0
  #caughtUpTerm = -1
  #wake = Promise.withResolvers<void>()
  #lastWriteMs = 0
  #opening: Promise<Writer> | null = null
  /** A client watches keys on the connection. */
  #isWatching = false
  /** Resolves when the connection watches its record alone. */
  #unwatched = Promise.resolve()
  #closed = false
  #problem: string | null = null

  constructor(upstream: Upstream, options: WriteStreamOptions) {
    this.#upstream = upstream
    this.#options = options
    this.#record = { key: `${RECORD_PREFIX}${randomBytes(12).toString('hex')}`, db: options.recordDb }
    this.#confirmation = upstream.confirmation()
    this.#journal = new Journal(options.maxJournalBytes)
    this.#batches = new Batches(options.counters, () => this.#reason)
    this.#catchUp = new CatchUp({
      ...options,
      journal: this.#journal,
      batches: this.#batches,
      send: (writer, batch) => this.#send(writer, batch),
      sendForFullMemory: (writer, batch, oom) => this.#sendForFullMemory(writer, batch, oom),
    })
    void this.#run()
    void this.#followTerms()
  }

  /** Calls that are not answered. */
  get size(): number {
    return this.#batches.size
  }

  /** The time of the call that is given up first (monotonic ms); infinite without one. */
  get firstUntilMs(): number {
    return this.#batches.firstUntilMs
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
    return (
      this.#caughtUpTerm === term || (this.#journal.size === 0 && this.#batches.current?.wasSent !== true)
    )
  }

  /** Adds a call. Its answer comes in any case, by `untilMs`. */
  add(call: Call): void {
    this.#batches.add(call)
    this.#wake.resolve()
  }

  /**
   * Watches keys for a transaction of the client that has this stream for itself, and returns the connection that does:
   * it is the only one on which the transaction can be done. Throws like the server answers, or when there is no primary.
   */
  async watch(db: number, watch: Buffer): Promise<{ connection: object; reply: Buffer }> {
    let writer: Writer
    try {
      writer = await this.#open()
    } catch (error) {
      if (error instanceof NotPermittedError) return { connection: this, reply: error.reply }
      throw error
    }
    this.#isWatching = true
    return { connection: writer.connection, reply: await writer.watch(db, watch) }
  }

  /** Forgets what the client watches. */
  unwatch(): void {
    this.#isWatching = false
    if (this.#writer !== null) this.#unwatched = this.#writer.unwatch()
  }

  /** Ends the stream. Calls that were not answered are answered as {@link unavailable} or {@link uncertain}. */
  close(): void {
    this.#closed = true
    this.#writer?.connection.close()
    this.#batches.close()
    this.#wake.resolve()
  }

  /** Why a call that waits is not answered. */
  get #reason(): string {
    return this.#problem ?? this.#upstream.problem ?? 'The primary has not answered.'
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(5, 100)
    while (!this.#closed) {
      try {
        await this.#untilWork()
        if (this.#closed) break
        const writer = await this.#open()
        await this.#unwatched
        // INV-PROXY-8. Any transaction would end what a client watches: its own is the next one.
        if (!this.#isWatching || !this.#batches.isIdle) await this.#write(writer)
        this.#problem = null
        backoff.reset()
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error)
        if (error instanceof LoginRefusedError) this.#options.onLoginRefused(error)
        // The user lacks rights that each write needs. Waiting does not give them.
        if (error instanceof NotPermittedError) this.#batches.refuseWaiting(error.reply)
        this.#drop()
        this.#upstream.group.alert()
        await new Promise((resolve) => setTimeout(resolve, backoff.next()))
      }
    }
    this.#drop()
  }

  /** Waits for a call, or for the time at which the record or the journal needs attention. */
  async #untilWork(): Promise<void> {
    while (!this.#closed && this.#batches.isIdle) {
      this.#wake = Promise.withResolvers<void>()
      const restMs =
        this.#journal.size > 0 ? CONFIRM_EVERY_MS : RENEW_AFTER_MS - (performance.now() - this.#lastWriteMs)
      let timer: NodeJS.Timeout | undefined
      const rest = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), Math.max(CONFIRM_EVERY_MS, restMs))
      })
      const isTime = await Promise.race([this.#wake.promise.then(() => false), rest])
      clearTimeout(timer)
      // The commands that all clients sent in this turn of the event loop go out as one batch.
      if (!isTime) await new Promise((resolve) => setImmediate(resolve))
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

  async #write(writer: Writer): Promise<void> {
    if (this.#options.whenReplicaMissing === 'hold' && this.#journal.isFull) {
      await this.#confirmJournal(writer)
      return
    }
    const current = this.#batches.next()
    if (current.answers !== null) return await this.#acknowledge(writer, current, current.answers)
    this.#isWatching = false
    this.#batches.endUnwatched(writer.connection, this.#options.identity.protocol)
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
    // This attempt did nothing; an earlier one may still.
    current.wasSent = wasSent
    if (outcome.kind === 'refused') this.#batches.refuse(outcome.refusals)
    else if (outcome.kind === 'full') await this.#writeForFullMemory(writer, current, outcome.reply)
    else this.#batches.endWatched(this.#options.identity.protocol)
  }

  /** The server refused the transaction of a batch, but it does what needs no memory. */
  async #writeForFullMemory(writer: Writer, current: Current, oom: Buffer): Promise<void> {
    this.#batches.divide(oom, (call) => whenFull(call, this.#options.commands))
    // Every call of it was refused.
    if (this.#batches.current !== current) return
    const { wasSent } = current
    current.wasSent = true
    const outcome = await this.#sendForFullMemory(writer, current, oom)
    if (outcome.kind === 'done') {
      current.answers = outcome.answers
      await this.#acknowledge(writer, current, outcome.answers)
      return
    }
    current.wasSent = wasSent
    if (outcome.kind === 'refused') this.#batches.refuse(outcome.refusals)
    // Nothing changes before there is memory, or the right to `EVAL`.
    if (this.#batches.current === current) throw again(textOf(oom))
  }

  /** Sends the transaction of a batch. Throws `AgainError` when nothing was done and it can be sent again. */
  async #send(writer: Writer, batch: Batch): Promise<Sent> {
    this.#attempt += 1
    return this.#sent(await writer.send(batch, this.#attempt))
  }

  /** Sends a batch to a server that refused its transaction for full memory. Throws as `#send`. */
  async #sendForFullMemory(writer: Writer, batch: Batch, oom: Buffer): Promise<Sent> {
    this.#attempt += 1
    return this.#sent(await writer.sendForFullMemory(batch, this.#attempt, oom))
  }

  #sent(outcome: Outcome): Sent {
    this.#lastWriteMs = performance.now()
    if (outcome.kind === 'guarded') {
      // The connection ends, and the record shows what was done.
      throw again('An earlier attempt was done meanwhile.')
    }
    if (outcome.kind === 'passing') throw again(outcome.error)
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
      const sameTerm = () => this.#upstream.group.term === writer.term || !this.#options.rules.term
      if (followed && sameTerm() && (complete || ((await this.#upstream.isClear(missing)) && sameTerm()))) {
        if (complete) this.#journal.confirmed(batch.number)
        else if (this.#options.rules.journal) this.#journal.keep(batch)
        this.#catchUp.acknowledged = batch.number
        this.#batches.answer(answers)
        return
      }
      if (this.#closed || !writer.connection.isOpen || !sameTerm()) throw again('The primary has changed.')
      this.#problem = this.#upstream.problem ?? 'Too few replicas confirm what was written.'
      await new Promise((resolve) => setTimeout(resolve, backoff.next()))
    }
  }

  async #confirmJournal(writer: Writer): Promise<void> {
    const { complete } = await this.#confirmation.wait(writer)
    if (complete) this.#journal.confirmed(this.#catchUp.acknowledged)
    else await new Promise((resolve) => setTimeout(resolve, CONFIRM_EVERY_MS))
  }

  /**
   * Returns the connection to the primary of this moment. A new one begins with the question what was done: the record is
   * watched, then read, and what it does not cover is sent again in order.
   */
  #open(): Promise<Writer> {
    const { primary } = this.#upstream
    if (primary === null) {
      return Promise.reject(again(this.#upstream.problem ?? 'The primary has just changed.'))
    }
    if (this.#writer?.term === primary.term && this.#writer.connection.isOpen)
      return Promise.resolve(this.#writer)
    // A client that watches and this stream's own loop may both want it.
    this.#opening ??= this.#connect(primary).finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #connect(primary: NonNullable<Upstream['primary']>): Promise<Writer> {
    this.#drop()
    const { identity, holdMs, rules, commands } = this.#options
    const { writer, look } = await Writer.open(this.#upstream, primary, {
      identity,
      holdMs,
      rules,
      commands,
      record: this.#record,
    })
    if (look.kind === 'again') throw again(look.reason)
    if (look.kind === 'not-permitted') throw new NotPermittedError(look.reply)
    try {
      await this.#catchUp.run(writer, look.record)
    } catch (error) {
      writer.connection.close()
      throw error
    }
    this.#caughtUpTerm = writer.term
    this.#writer = writer
    return writer
  }

  #drop(): void {
    this.#writer?.connection.close()
    this.#writer = null
  }
}
