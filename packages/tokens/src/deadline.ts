import { InvalidOptionError } from './errors.ts'

/** Limits a single call. */
export interface CallOptions {
  /** Give up after this long (in milliseconds). Default: the store's `verifyTimeoutMs` or `writeTimeoutMs`. */
  timeoutMs?: number
  /** Give up when this signal aborts. */
  signal?: AbortSignal
}

/** The longest delay that a timer supports. With a longer one it fires immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The time by which a call must end, by the monotonic clock. It ends earlier if the caller's signal aborts. */
export class Deadline {
  readonly #atMs: number
  readonly #signal: AbortSignal | undefined

  constructor(timeoutMs: number, signal?: AbortSignal) {
    this.#atMs = performance.now() + timeoutMs
    this.#signal = signal
  }

  /** Creates the deadline of a call. Throws `INVALID_OPTION` if `timeoutMs` is not a number or is below 0. */
  static of(options: CallOptions | undefined, defaultTimeoutMs: number): Deadline {
    const timeoutMs: unknown = options?.timeoutMs ?? defaultTimeoutMs
    if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) {
      throw new InvalidOptionError(`\`timeoutMs\` must be a number from 0 up, got ${String(timeoutMs)}.`)
    }
    return new Deadline(timeoutMs, options?.signal)
  }

  /** The remaining time (in milliseconds), or 0 if the deadline has passed. */
  get remainingMs(): number {
    return this.#signal?.aborted ? 0 : Math.max(0, this.#atMs - performance.now())
  }

  get isOver(): boolean {
    return this.remainingMs === 0
  }

  /** Waits for `ms` milliseconds, but not past the deadline. */
  async pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, this.remainingMs)))
  }

  /** Calls `callback` once when the deadline has passed. Returns a function that cancels this. */
  onOver(callback: () => void): () => void {
    const signal = this.#signal
    const timer = setTimeout(over, Math.min(this.remainingMs, LONGEST_TIMER_MS))
    signal?.addEventListener('abort', over, { once: true })
    function cancel() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', over)
    }
    function over() {
      cancel()
      callback()
    }
    return cancel
  }

  /** Waits for `promise`, at most until the deadline. Returns whether it settled in time. Rethrows its error. */
  async race(promise: Promise<unknown>): Promise<boolean> {
    if (this.isOver) return false
    let cancel = () => {}
    const over = new Promise<false>((resolve) => {
      cancel = this.onOver(() => resolve(false))
    })
    try {
      return await Promise.race([promise.then(() => true), over])
    } finally {
      cancel()
    }
  }
}
