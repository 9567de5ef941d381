/**
 * Waits between tries: doubling from `firstMs` to `mostMs`, each shortened at random by up to a half, so that
 * many processes do not come back in step.
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

  /** The next wait (in milliseconds). */
  next(): number {
    const fullMs = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#tries, 30))
    this.#tries += 1
    return jitter(fullMs)
  }

  reset(): void {
    this.#tries = 0
  }
}

/** Between a half and the whole of `ms`. */
export function jitter(ms: number): number {
  return ms * (0.5 + Math.random() / 2)
}
