import type { TokenRecord } from '../../record/record.ts'
import type { Instant } from '../clocks/instant.ts'
import type { CacheEntry } from './near-cache.ts'

/** A cached answer, as a value and as a promise. */
export interface CachedAnswer<Answer> {
  answer: Answer
  /** Created once, so another `await` costs nothing. */
  promise: Promise<Answer>
}

interface AnswerEntry<Answer> extends CachedAnswer<Answer> {
  /** The entry of the near cache. */
  known: CacheEntry
  /** The record from which the answer was built. */
  record: TokenRecord
}

/**
 * Caches the answers for recently verified tokens. The key is the token itself, because hashing the token and
 * decrypting its claims again costs twenty times as much. So the memory of this process contains tokens in use, as
 * do the requests that carry them. An answer is valid only while its near-cache entry is fresh. Bounded; the oldest
 * is evicted first.
 */
export class AnswerCache<Answer extends { idleUntilMs: number; expiresAtMs: number }> {
  readonly #maxEntries: number
  readonly #answers = new Map<string, AnswerEntry<Answer>>()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /**
   * Returns the answer for a token, if its record has not changed and its entry is fresh. `nowMs` is the checked wall
   * clock at `now`.
   */
  get(token: string, now: Instant, nowMs: number): CachedAnswer<Answer> | null {
    const remembered = this.#answers.get(token)
    if (remembered === undefined) return null
    const { known, record, answer } = remembered
    if (known.record !== record || nowMs >= answer.idleUntilMs || nowMs >= answer.expiresAtMs) {
      this.#answers.delete(token)
      return null
    }
    return known.isFresh(now) ? remembered : null
  }

  add(token: string, known: CacheEntry, answer: Answer): void {
    const remembered = { known, record: known.record, answer, promise: Promise.resolve(answer) }
    this.#answers.set(token, remembered)
    if (this.#answers.size <= this.#maxEntries) return
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest)
      return
    }
  }
}
