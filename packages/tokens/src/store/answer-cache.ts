import type { TokenRecord } from '../record/record.ts'
import type { CacheEntry } from './cache.ts'
import type { Active } from './verification.ts'

/** An answer, for those who want it now and for those who await it. */
export interface CachedAnswer {
  answer: Active
  /** Made once: awaiting it again costs nothing. */
  promise: Promise<Active>
}

interface AnswerEntry extends CachedAnswer {
  /** What the near cache knows of it now. */
  known: CacheEntry
  /** The record that the answer was made of. */
  record: TokenRecord
}

/**
 * The answers to tokens that were verified lately, by the token itself: hashing it and opening its claims again
 * would cost twenty times as much. So this process's memory holds tokens in use, as the requests that bring them
 * do. An answer is worth what the near cache's entry behind it is worth. Bounded: the oldest goes first.
 */
export class AnswerCache {
  readonly #maxEntries: number
  readonly #answers = new Map<string, AnswerEntry>()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** The answer to a token, if its record is still the one that it was made of and counts now. */
  get(token: string, isFresh: (known: CacheEntry) => boolean, nowMs: number): CachedAnswer | null {
    const remembered = this.#answers.get(token)
    if (remembered === undefined) return null
    const { known, record, answer } = remembered
    if (known.record !== record || nowMs >= answer.idleUntilMs || nowMs >= answer.expiresAtMs) {
      this.#answers.delete(token)
      return null
    }
    if (!isFresh(known)) return null
    known.used = true
    return remembered
  }

  add(token: string, known: CacheEntry, answer: Active): void {
    const remembered = { known, record: known.record, answer, promise: Promise.resolve(answer) }
    this.#answers.set(token, remembered)
    if (this.#answers.size <= this.#maxEntries) return
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest)
      return
    }
  }
}
