import { StoreOverloadedError } from '../errors.ts'
import type { Committed } from './unit.ts'

interface Entry<Request> {
  request: Request
  /** The term in which it was acknowledged. */
  term: number
  atMs: number
}

/** What is written under one key; a later one stands for all before. */
interface Keyed {
  key: { key: string }
}

/**
 * Every record that this process wrote and that is not yet known to be on all planned nodes. Such a record is
 * lost when a node that lacks it is promoted; then it is written again from here. Pure bookkeeping: the time
 * is passed in.
 */
export class Journal<Request extends Keyed> {
  readonly #mostEntries: number
  readonly #entries = new Map<string, Entry<Request>>()

  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries
  }

  get size(): number {
    return this.#entries.size
  }

  /** Throws `STORE_OVERLOADED` when there is no room for so many more. */
  assertRoom(count: number): void {
    if (this.#entries.size + count > this.#mostEntries) {
      throw new StoreOverloadedError(
        `${this.#entries.size} writes are not on every node yet. Bring the missing replica back, or raise the limit.`,
      )
    }
  }

  /** Acknowledged records: kept while a replica lacks them, forgotten when every planned one has them. */
  settle(requests: readonly Request[], { complete, term }: Committed, nowMs: number): void {
    for (const request of requests) {
      const key = request.key.key
      this.#entries.delete(key)
      if (!complete) this.#entries.set(key, { request, term, atMs: nowMs })
    }
  }

  /** What was written under a key has been undone. */
  forget(key: string): void {
    this.#entries.delete(key)
  }

  /** All planned replicas confirmed everything that was written in a term up to now. */
  confirmTerm(term: number): void {
    for (const [key, entry] of this.#entries) if (entry.term === term) this.#entries.delete(key)
  }

  /** Forgets what is older: the replica that lacks it has been away for too long to be promoted. */
  forgetBefore(timeMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.atMs >= timeMs) break
      this.#entries.delete(key)
    }
  }

  /** What must be written again on a new primary: everything from earlier terms. */
  fromBefore(term: number): Request[] {
    return [...this.#entries.values()].flatMap((entry) => (entry.term < term ? [entry.request] : []))
  }
}
