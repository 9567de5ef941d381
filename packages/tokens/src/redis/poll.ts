import { jitter } from './backoff.ts'

/** Polls. The interval is computed before each wait, and jitter keeps processes out of step. */
export class Poll {
  readonly #ask: () => Promise<void>
  readonly #waitMs: () => number
  #timer: NodeJS.Timeout | undefined
  #asking = false
  #stopped = false

  /** `ask` must not reject. `waitMs` returns the wait before the next query (in milliseconds). */
  constructor(ask: () => Promise<void>, waitMs: () => number) {
    this.#ask = ask
    this.#waitMs = waitMs
    this.#schedule()
  }

  /** Polls immediately. */
  now(): void {
    if (this.#asking || this.#stopped) return
    clearTimeout(this.#timer)
    void this.#turn()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#turn(), jitter(this.#waitMs()))
  }

  async #turn(): Promise<void> {
    this.#asking = true
    await this.#ask()
    this.#asking = false
    if (!this.#stopped) this.#schedule()
  }
}
