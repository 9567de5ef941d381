import { nullArray, type Protocol } from '../resp/reply.ts'
import { aborted, type Batch } from './batch.ts'
import { answerLost, bytesOf, type Call, unavailable, uncertain } from './call.ts'
import type { WriteCounters } from './counters.ts'
import type { WhenFull } from './full-memory.ts'
import { knownAnswer } from './known-answer.ts'

/** A batch on its way. */
export interface Current extends Batch {
  /** Whether any attempt of it may have reached a server. */
  wasSent: boolean
  /** The answers, once an attempt was done. */
  answers: Buffer[] | null
}

const MAX_CALLS = 1024
const MAX_BYTES = 1024 * 1024
const CONNECTION_ENDED = 'The connection ended before the answer came.'

/**
 * The calls of one write stream: those that wait, in their order, and the batch on its way. Each call is answered exactly
 * once, in any case by its time. INV-PROXY-3.
 */
export class Batches {
  readonly #counters: WriteCounters
  readonly #reasonOf: () => string
  #queue = new Set<Call>()
  #current: Current | null = null
  #number = 0
  /** Runs until the time of the call that is given up first. */
  #timer: NodeJS.Timeout | null = null

  /** `reasonOf` says why a call was not answered when its time is over. */
  constructor(counters: WriteCounters, reasonOf: () => string) {
    this.#counters = counters
    this.#reasonOf = reasonOf
  }

  /** Calls that are not answered. */
  get size(): number {
    return this.#queue.size + (this.#current?.calls.length ?? 0)
  }

  /** The time of the call that is given up first (monotonic ms); infinite without one. */
  get firstUntilMs(): number {
    // Calls are in the order in which they came, and each may wait as long as the others.
    const [waiting] = this.#queue
    return [...(this.#current?.calls ?? []), ...(waiting === undefined ? [] : [waiting])].reduce(
      (first, { untilMs }) => Math.min(first, untilMs),
      Number.POSITIVE_INFINITY,
    )
  }

  /** Whether nothing waits and nothing is on its way. */
  get isIdle(): boolean {
    return this.#current === null && this.#queue.size === 0
  }

  /** The batch on its way. */
  get current(): Current | null {
    return this.#current
  }

  /** Adds a call. It is answered by its `untilMs` in any case. */
  add(call: Call): void {
    this.#queue.add(call)
    this.#expireInTime()
  }

  /** The batch on its way, or a new one of what waits. Without calls it renews the record and asks about the journal. */
  next(): Current {
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

  /** Keys that another connection watched may have changed: the transaction ends as if they had. */
  endUnwatched(connection: object, protocol: Protocol): void {
    const current = this.#current
    for (const call of current?.calls ?? []) {
      if (call.watchedBy === undefined || call.watchedBy === connection) continue
      call.answer(nullArray(protocol))
      this.#leave(call)
    }
  }

  /** The server refused these calls, and did nothing. The others of the batch go again, in its next attempt. */
  refuse(refusals: ReadonlyMap<Call, Buffer>): void {
    for (const [call, reply] of refusals) {
      call.answer(reply)
      this.#leave(call)
    }
    this.#dropEmpty()
  }

  /**
   * The server's memory is full, and it did nothing. Calls that need memory are answered as Redis does: `oom`. The batch keeps
   * either reads, or writes that need no memory; the calls behind them are in the next batch.
   */
  divide(oom: Buffer, kindOf: (call: Call) => WhenFull): void {
    const current = this.#current
    if (current === null || current.calls.length === 0) return
    const { wasSent } = current
    // An earlier attempt may still do the whole batch, so none of its writes can move to the next one.
    if (wasSent) this.#askReadsAgain(current)
    else this.#keepFirstRun(current, kindOf)
    const refusals = new Map<Call, Buffer>()
    for (const call of current.calls) {
      if (wasSent && call.isRead) refusals.set(call, unavailable('The memory of Redis is full.'))
      else if (kindOf(call) === 'refuse') refusals.set(call, call.isTransaction ? aborted(oom) : oom)
    }
    this.refuse(refusals)
  }

  /** Keeps the calls up to the end of the first run of reads, or of writes that need no memory. */
  #keepFirstRun(current: Current, kindOf: (call: Call) => WhenFull): void {
    const kinds = current.calls.map(kindOf)
    const begin = kinds.findIndex((kind) => kind !== 'refuse')
    const end = kinds.findIndex((kind, index) => begin >= 0 && index > begin && kind !== kinds[begin])
    if (end < 0) return
    this.#queue = new Set([...current.calls.slice(end), ...this.#queue])
    current.calls = current.calls.slice(0, end)
  }

  /** Answers the batch on its way. */
  answer(answers: readonly Buffer[]): void {
    const calls = this.#current?.calls ?? []
    this.#current = null
    for (const [index, call] of calls.entries()) call.answer(answers[index] ?? unavailable(''))
  }

  /**
   * The batch on its way was done, and its answers are lost. Those that are known take their place, and are given when it is
   * acknowledged.
   */
  recover(): void {
    const current = this.#current
    if (current === null) return
    this.#askReadsAgain(current)
    current.answers = current.calls.map((call) => this.#answerWithout(call, true))
  }

  /** Answers the batch on its way, of which nothing is known. */
  giveUp(): void {
    const current = this.#current
    if (current === null) return
    this.#askReadsAgain(current)
    this.#current = null
    for (const call of current.calls) call.answer(this.#answerWithout(call, false))
  }

  /** Reads change nothing. Behind a later write of its client, one would read that, so it is not asked again. */
  #askReadsAgain(current: Current): void {
    const { calls } = current
    const again = calls.filter(
      (call, index) =>
        call.isRead &&
        !call.isAbandoned() &&
        !calls.slice(index).some((later) => later.sender === call.sender && !later.isRead),
    )
    current.calls = calls.filter((call) => !again.includes(call))
    this.#queue = new Set([...again, ...this.#queue])
  }

  #answerWithout(call: Call, wasDone: boolean): Buffer {
    if (call.isRead) return unavailable(CONNECTION_ENDED)
    const known = wasDone ? knownAnswer(call) : null
    if (known !== null) return known
    if (!call.isAbandoned()) this.#counters.uncertain += 1
    return wasDone ? answerLost(call) : uncertain(call, CONNECTION_ENDED)
  }

  /** Keys that a client watched have changed: its transaction was not done. */
  endWatched(protocol: Protocol): void {
    for (const call of this.#current?.calls ?? []) {
      if (call.watchedBy === undefined) continue
      call.answer(nullArray(protocol))
      this.#leave(call)
    }
    this.#dropEmpty()
  }

  /** Calls whose clients have gone are not sent again. */
  dropAbandoned(): void {
    for (const call of this.#current?.calls ?? []) {
      if (!call.isAbandoned()) continue
      call.answer(uncertain(call, CONNECTION_ENDED))
      this.#leave(call)
    }
  }

  /** Answers all that waits with an error: waiting does not help. */
  refuseWaiting(reply: Buffer): void {
    const waiting = [...this.#queue]
    this.#queue.clear()
    for (const call of waiting) call.answer(reply)
  }

  /** Answers everything as if its time were over. */
  close(): void {
    for (const call of [...(this.#current?.calls ?? []), ...this.#queue]) this.#expire(call)
    clearTimeout(this.#timer ?? undefined)
    this.#timer = null
  }

  /** One timer for all calls, because most of them are answered long before their time. */
  #expireInTime(): void {
    if (this.#timer !== null) return
    const firstMs = this.firstUntilMs
    if (firstMs === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        const nowMs = performance.now()
        const calls = [...(this.#current?.calls ?? []), ...this.#queue]
        for (const call of calls) if (call.untilMs <= nowMs) this.#expire(call)
        this.#expireInTime()
      },
      Math.max(0, firstMs - performance.now()),
    )
  }

  /** Answers a call whose time is over. If it was sent, it is not sent again; whether it was done is not known. */
  #expire(call: Call): void {
    if (call.untilMs === Number.POSITIVE_INFINITY) return
    const reason = this.#reasonOf()
    if (this.#queue.delete(call)) {
      this.#counters.unavailable += 1
      call.answer(unavailable(reason))
      return
    }
    const current = this.#current
    if (current === null || !current.calls.includes(call)) return
    // A read changed nothing, sent or not.
    const wasSent = current.wasSent && !call.isRead
    this.#counters[wasSent ? 'uncertain' : 'unavailable'] += 1
    call.answer(wasSent ? uncertain(call, reason) : unavailable(reason))
    // It stays a part of its batch, in which it was sent.
    call.answer = () => {}
    call.isAbandoned = () => true
    call.untilMs = Number.POSITIVE_INFINITY
  }

  #dropEmpty(): void {
    if (this.#current?.calls.length === 0 && !this.#current.wasSent) this.#current = null
  }

  #leave(call: Call): void {
    if (this.#current !== null) this.#current.calls = this.#current.calls.filter((other) => other !== call)
  }
}
