import { covers, merge } from '../../record/merge.ts'
import type { FeedRecord } from '../feed/feed.ts'

/**
 * If the host of a primary loses power, the end of its append-only file is lost, and its replicas copy that state.
 * So writes that every node has are also kept for this long. With `appendfsync everysec` the file lacks at most two
 * seconds.
 */
const KEEP_MS = 15_000
const MAX_KEPT = 100_000
/** When the memory is full, it is emptied to this fraction of the limit at once. */
const EMPTY_TO = 0.9

interface Heard {
  message: FeedRecord
  atMs: number
  /** The newest term whose primary is known to have all of the record, and when that was seen. */
  term: number
  seenAtMs: number
}

/**
 * The recent writes of all processes, as received on the feed: one record per key. A write is kept until every
 * planned replica has confirmed it and it is {@link KEEP_MS} older than the latest one. Age is measured from the
 * latest write, because a feed that has ended delivers nothing, however long the failover takes. Pure: the time is
 * passed in.
 * INV-TOKENS-25.
 */
export class RecentRemoteWrites {
  /** In the order of `atMs`. */
  readonly #heard = new Map<string, Heard>()
  readonly #keepUntilConfirmed: boolean
  #last = { term: 0, atMs: 0 }
  /** Every planned replica has what the primary of this term had at this time. */
  #confirmed = { term: -1, sentAtMs: Number.NEGATIVE_INFINITY }

  /** `keepUntilConfirmed` is false only in tests; then records are dropped by age alone. */
  constructor({ keepUntilConfirmed = true }: { keepUntilConfirmed?: boolean } = {}) {
    this.#keepUntilConfirmed = keepUntilConfirmed
  }

  /** Notes that the primary of a term has this record. */
  add(message: FeedRecord, term: number, nowMs: number): void {
    const { key } = message
    const known = this.#heard.get(key)
    this.#heard.delete(key)
    // A new primary may lack the earlier record, so the entry keeps its earlier term.
    const isBehind = known !== undefined && known.term < term && !covers(message.record, known.message.record)
    this.#heard.set(key, {
      message: known === undefined ? message : join(known.message, message),
      atMs: nowMs,
      term: isBehind ? known.term : term,
      seenAtMs: nowMs,
    })
    this.#last = { term, atMs: nowMs }
    if (this.#heard.size > MAX_KEPT) this.#makeRoom()
  }

  /** Notes that every planned replica has confirmed what the primary of a term had at this time. */
  confirmed(term: number, sentAtMs: number): void {
    const known = this.#confirmed
    if (term > known.term || (term === known.term && sentAtMs > known.sentAtMs)) {
      this.#confirmed = { term, sentAtMs }
    }
    this.#forgetConfirmed()
  }

  /** Returns the records that the primary of a term may lack, because only earlier primaries are known to have them. */
  pendingReplay(term: number): FeedRecord[] {
    this.#forgetConfirmed()
    return [...this.#heard.values()].flatMap((heard) => (heard.term < term ? [heard.message] : []))
  }

  /** Notes that the primary of a term has these records: they were found there, or were written there. */
  seen(messages: readonly FeedRecord[], term: number, nowMs: number): void {
    for (const { key } of messages) {
      const heard = this.#heard.get(key)
      if (heard === undefined || heard.term >= term) continue
      heard.term = term
      heard.seenAtMs = nowMs
    }
  }

  /** The number of records that a node may lack. */
  get unconfirmed(): number {
    let count = 0
    for (const heard of this.#heard.values()) if (!this.#isEverywhere(heard)) count += 1
    return count
  }

  #isEverywhere({ term, seenAtMs }: Heard): boolean {
    return term === this.#confirmed.term && seenAtMs <= this.#confirmed.sentAtMs
  }

  #forgetConfirmed(): void {
    for (const [key, heard] of this.#heard) {
      if (heard.atMs >= this.#last.atMs - KEEP_MS) break
      // A record of an earlier term still has to be checked on the new primary.
      const isSafe = this.#isEverywhere(heard) && heard.term === this.#last.term
      if (isSafe || !this.#keepUntilConfirmed) this.#heard.delete(key)
    }
  }

  #makeRoom(): void {
    this.#forgetConfirmed()
    for (const key of this.#heard.keys()) {
      if (this.#heard.size <= EMPTY_TO * MAX_KEPT) break
      this.#heard.delete(key)
    }
  }
}

function join(older: FeedRecord, newer: FeedRecord): FeedRecord {
  return {
    key: newer.key,
    subjectKey: newer.subjectKey ?? older.subjectKey,
    record: merge(older.record, newer.record),
  }
}
