/**
 * Computes the waits between attempts. The wait doubles from `firstMs` to `mostMs`, and each wait is shortened at
 * random by up to a half, so that many processes do not retry at the same time.
 * INV-TOKENS-27.
 */
export class Backoff {
  readonly #firstMs: number
  readonly #mostMs: number
  #tries = 0

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs
    this.#mostMs = mostMs
  }

  /** Returns the next wait (in milliseconds). */
  next(): number {
    const fullMs = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#tries, 30))
    this.#tries += 1
    return jitter(fullMs)
  }

  reset(): void {
    this.#tries = 0
  }
}

/** Returns a random time between half of `ms` and `ms`. */
export function jitter(ms: number): number {
  return ms * (0.5 + Math.random() / 2)
}
