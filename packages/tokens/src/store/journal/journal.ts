import { StoreOverloadedError } from '../../errors.ts'
import { covers, merge } from '../../record/merge.ts'
import { keepUntilMs } from '../../record/record.ts'
import type { Committed } from '../commit/pending-write.ts'
import type { MergeRequest } from '../commit/requests.ts'

interface Entry<Request> {
  request: Request
  /** The term whose primary is known to have all of the request. */
  term: number
  atMs: number
  /** When the entry becomes irrelevant because its session or its window has ended. */
  overAtMs: number
}

/** A request with the key that it is written under. */
interface Keyed {
  key: { key: string }
}

export interface JournalOptions<Request> {
  maxEntries: number
  /** Combines two requests of the same key into one. */
  join: (older: Request, newer: Request) => Request
  /** Whether a node that has `newer` also has everything of `older`. */
  covers: (newer: Request, older: Request) => boolean
  /** How long from now a request is relevant (in milliseconds). */
  lastsMs: (request: Request) => number
}

/** Limits that decide which entries may be dropped to make room. */
export interface RoomLimits {
  nowMs: number
  /**
   * How long a replica may be disconnected and still be promoted (in milliseconds), if its own clock and link show
   * this time.
   */
  promotableMs: number
}

/** Entries are dropped by age only above this fraction of the limit. */
const FULL_AT = 0.9
/** How often a nearly full journal looks for irrelevant entries. */
const SWEEP_MS = 1000

/**
 * Every record that this process wrote and that a planned node may lack. If a node without the record is promoted,
 * the record is lost, and the journal writes it again. There is no time limit for such a node: Sentinel also
 * promotes a replica that was paused, disconnected or hung for long, because by its own clock and link it is up to
 * date. So an entry stays until every planned replica has confirmed it, and entries are dropped by age only in a
 * journal that is nearly full. The journal only keeps this list; the monotonic time is passed in.
 * INV-TOKENS-19.
 */
export class Journal<Request extends Keyed> {
  readonly #options: JournalOptions<Request>
  /** In the order of `atMs`. */
  readonly #entries = new Map<string, Entry<Request>>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(options: JournalOptions<Request>) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** Makes room for `count` more entries. Throws `STORE_OVERLOADED` if there is no room. */
  assertRoom(count: number, limits: RoomLimits): void {
    // INV-TOKENS-20: retention.
    this.#makeRoom(count, limits)
    if (this.#entries.size + count > this.#options.maxEntries) {
      throw new StoreOverloadedError(
        `${this.#entries.size} writes are not on every node yet. Bring the missing replica back, or raise the limit.`,
      )
    }
  }

  /**
   * Notes acknowledged requests: keeps them while a replica lacks them, and drops them when every planned replica
   * has them.
   */
  settle(requests: readonly Request[], { complete, term }: Committed, nowMs: number): void {
    for (const request of requests) this.#settle(request, complete, term, nowMs)
  }

  /** Drops the entry of a key, because the write was undone. */
  forget(key: string): void {
    this.#entries.delete(key)
  }

  /** Notes that all planned replicas have confirmed everything that was written in a term up to now. */
  confirmTerm(term: number): void {
    for (const [key, entry] of this.#entries) if (entry.term === term) this.#entries.delete(key)
  }

  /** Drops older entries, whether or not every node has them. */
  forgetBefore(timeMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.atMs >= timeMs) break
      this.#entries.delete(key)
    }
  }

  /** Returns the entries to write again on a new primary: all relevant entries of earlier terms. */
  fromBefore(term: number, nowMs: number): Request[] {
    return [...this.#entries.values()].flatMap((entry) =>
      entry.term < term && entry.overAtMs > nowMs ? [entry.request] : [],
    )
  }

  #settle(request: Request, complete: boolean, term: number, nowMs: number): void {
    const key = request.key.key
    const known = this.#entries.get(key)
    this.#entries.delete(key)
    // This request was written on a new primary before the older one was written again. The older one is still pending.
    const isBehind = known !== undefined && known.term < term && !this.#options.covers(request, known.request)
    if (complete && !isBehind) return
    this.#entries.set(key, {
      request: known === undefined ? request : this.#options.join(known.request, request),
      term: isBehind ? known.term : term,
      atMs: nowMs,
      overAtMs: Math.max(nowMs + this.#options.lastsMs(request), known?.overAtMs ?? 0),
    })
  }

  #makeRoom(count: number, { nowMs, promotableMs }: RoomLimits): void {
    const isEnough = () => this.#entries.size + count <= FULL_AT * this.#options.maxEntries
    if (isEnough()) return
    if (nowMs - this.#sweptAtMs >= SWEEP_MS) {
      this.#sweptAtMs = nowMs
      for (const [key, { overAtMs }] of this.#entries) if (overAtMs <= nowMs) this.#entries.delete(key)
    }
    for (const [key, { atMs }] of this.#entries) {
      if (isEnough() || atMs >= nowMs - promotableMs) break
      this.#entries.delete(key)
    }
  }
}

/** Creates the journal for the records that this process writes. */
export function createRecordJournal(maxEntries: number): Journal<MergeRequest> {
  return new Journal({
    maxEntries,
    join: (older, newer) => ({
      key: newer.key,
      subject: newer.subject ?? older.subject,
      record: merge(older.record, newer.record),
    }),
    covers: (newer, older) => covers(newer.record, older.record),
    lastsMs: ({ record }) => keepUntilMs(record) - Date.now(),
  })
}
