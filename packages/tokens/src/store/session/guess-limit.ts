/** Maximum number of guessed tombstones per window and process. */
const MAX_GUESSES = 1000
const WINDOW_MS = 30_000

/**
 * Limits the tombstones for tokens whose session cannot be found. Any client can invent such a token, so the memory
 * that these tombstones use in Redis must be bounded. Pure: the time is passed in.
 */
export class GuessLimit {
  #windowBeganMs = Number.NEGATIVE_INFINITY
  #count = 0

  /** Counts one more. Returns false if there were too many. */
  take(nowMs: number): boolean {
    if (nowMs - this.#windowBeganMs >= WINDOW_MS) {
      this.#windowBeganMs = nowMs
      this.#count = 0
    }
    this.#count += 1
    return this.#count <= MAX_GUESSES
  }
}
