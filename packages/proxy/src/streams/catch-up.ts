import type { CommandTable } from '../commands/command-table.ts'
import { errorKind, textOf } from '../resp/reply.ts'
import type { Batch, Outcome } from './batch.ts'
import type { Batches } from './batches.ts'
import type { CompletionRecord } from './completion-record.ts'
import type { WriteCounters } from './counters.ts'
import { canRunInScript } from './full-memory.ts'
import type { Journal } from './journal.ts'
import type { Writer } from './writer.ts'

/** The state of the connection or of the group is not as expected. The batch is looked at and sent again. */
class AgainError extends Error {}

export const again = (reason: string): Error => new AgainError(reason)

/** What became of a batch that the server answered. */
export type Sent = Extract<Outcome, { kind: 'done' | 'refused' | 'unwatched' | 'full' }>

/** What a catch-up needs of its stream. */
interface CatchUpOf {
  journal: Journal
  batches: Batches
  commands: CommandTable
  counters: WriteCounters
  /** How long it waits for memory (in milliseconds). */
  holdMs: number
  onSentAgain: (batches: number) => void
  /** Throws `AgainError` when nothing was done and it can be sent again. */
  send: (writer: Writer, batch: Batch) => Promise<Sent>
  /** The same, for a server that answered `oom` because its memory is full. */
  sendForFullMemory: (writer: Writer, batch: Batch, oom: Buffer) => Promise<Sent>
}

/** What each new connection of a stream does first: it finds out what was done, and sends again what the primary lacks. */
export class CatchUp {
  readonly #of: CatchUpOf
  /** The newest batch that was acknowledged; -1 before the first one. */
  acknowledged = -1
  /** When the server first had no memory for an answered batch (monotonic ms). */
  #fullSinceMs: number | null = null

  constructor(of: CatchUpOf) {
    this.#of = of
  }

  /** `record`: what the look at the primary found. Throws `AgainError`, or when the connection ends. */
  async run(writer: Writer, record: CompletionRecord | null): Promise<void> {
    const { journal, batches, counters, onSentAgain } = this.#of
    const { current } = batches
    if (record === null && this.acknowledged >= 0) {
      // The proof has vanished: it is unknown what was done. Sending again could do it twice.
      counters.lostRecords += 1
      counters.lostProofs += journal.clear()
      if (current?.wasSent && current.answers === null) batches.giveUp()
      this.acknowledged = -1
      return
    }
    const done = record?.batch ?? -1
    if (journal.size > 0 || current?.wasSent) await this.#fence(writer, done)
    const missing = journal.after(done)
    if (missing.length > 0) counters.lostProofs += missing.length
    for (const batch of missing) await this.#sendAgain(writer, batch)
    this.#fullSinceMs = null
    if (missing.length > 0) onSentAgain(missing.length)
    if (current === null || !current.wasSent) return
    if (current.number <= done) {
      if (current.answers !== null) return
      counters.foundDone += 1
      batches.recover()
      return
    }
    // It stays sent: until the next transaction of this stream, the bytes of an abandoned socket may still do it.
    counters.sentAgain += 1
    current.answers = null
    batches.dropAbandoned()
  }

  /**
   * Sets the record again. `WAIT` refers to the last write of its own connection: without one, newer servers confirm at once
   * what other connections wrote (FACT-7).
   */
  async #fence(writer: Writer, done: number): Promise<void> {
    if (done < 0) return
    const { kind } = await this.#sendWith(writer, { number: done, calls: [] })
    if (kind !== 'done') throw again('The server refuses the completion record.')
  }

  /** Sends an answered batch again. Calls that the server does not permit any more are counted. */
  async #sendAgain(writer: Writer, batch: Batch): Promise<void> {
    const { journal, counters } = this.#of
    const outcome = await this.#sendWith(writer, batch)
    if (outcome.kind === 'done') {
      counters.sentAgain += 1
      return
    }
    if (outcome.kind === 'refused') {
      const oom = [...outcome.refusals.values()].find((reply) => errorKind(reply) === 'OOM')
      if (oom !== undefined) this.#waitForMemory(oom)
    }
    counters.notSentAgain += 1
    journal.drop(batch.number)
  }

  /** Sends a batch, also to a server whose memory is full: what was answered must be there. */
  async #sendWith(writer: Writer, { number, calls }: Batch): Promise<Sent> {
    const { send, sendForFullMemory, commands, counters } = this.#of
    const outcome = await send(writer, { number, calls })
    if (outcome.kind !== 'full') return outcome
    const able = calls.filter((call) => canRunInScript(call, commands))
    if (able.length < calls.length) {
      this.#waitForMemory(outcome.reply)
      counters.notSentAgain += 1
    }
    return await sendForFullMemory(writer, { number, calls: able }, outcome.reply)
  }

  /** Throws `AgainError` until the server has had no memory for as long as a call may wait. */
  #waitForMemory(oom: Buffer): void {
    this.#fullSinceMs ??= performance.now()
    if (performance.now() - this.#fullSinceMs <= this.#of.holdMs) throw again(textOf(oom))
  }
}
