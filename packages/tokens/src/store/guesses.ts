/** Most tombstones by a guess within a window, per process. */
const MAX_GUESSES = 1000
const WINDOW_MS = 30_000

/**
 * How many tombstones may still be written for tokens of which no session can be found: any client can make up such a
 * token, and what it makes Redis keep must be bounded. Pure: the time is passed in.
 */
export class GuessLimit {
  #windowBeganMs = Number.NEGATIVE_INFINITY
  #count = 0

  /** Counts one more; false when there were too many. */
  take(nowMs: number): boolean {
    if (nowMs - this.#windowBeganMs >= WINDOW_MS) {
      this.#windowBeganMs = nowMs
      this.#count = 0
    }
    this.#count += 1
    return this.#count <= MAX_GUESSES
  }
}
