/** How long the store is not asked again about a refused name (in milliseconds): another gateway may have cleared its count. */
const TRUSTED_MS = 2000
const MAX_NAMES = 10_000

interface Refusal {
  /** When the limit allows the next attempt. */
  untilMs: number
  askAgainAtMs: number
}

/**
 * Remembers which names a limit refuses, so that a flood of refused attempts does not reach the store: for it a refused
 * attempt is the dearest one. Each refused name asks the store once in two seconds. At most 10,000 names are remembered;
 * the oldest are forgotten first, and then the store answers again.
 * INV-GATEWAY-35.
 */
export class Refusals {
  readonly #names = new Map<string, Refusal>()

  remember(name: string, retryAfterMs: number, nowMs: number): void {
    this.#names.delete(name)
    for (const oldest of this.#names.keys()) {
      if (this.#names.size < MAX_NAMES) break
      this.#names.delete(oldest)
    }
    const untilMs = nowMs + retryAfterMs
    this.#names.set(name, { untilMs, askAgainAtMs: Math.min(untilMs, nowMs + TRUSTED_MS) })
  }

  /** The refusal with the longest wait among these names; null when the store must decide. */
  find(names: readonly string[], nowMs: number): { index: number; retryAfterMs: number } | null {
    let found: { index: number; retryAfterMs: number } | null = null
    for (const [index, name] of names.entries()) {
      const refusal = this.#names.get(name)
      if (refusal === undefined) continue
      if (refusal.askAgainAtMs <= nowMs) {
        this.#names.delete(name)
        continue
      }
      const retryAfterMs = refusal.untilMs - nowMs
      if (retryAfterMs > (found?.retryAfterMs ?? 0)) found = { index, retryAfterMs }
    }
    return found
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#names.delete(name)
  }
}
