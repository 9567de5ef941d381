/**
 * Allows one event per key and period, so that an event which an attacker repeats a thousand times a second is recorded
 * once. At most `maxKeys` keys are remembered; the oldest are dropped first.
 */
export class ThrottlePerKey {
  readonly #periodMs: number
  readonly #maxKeys: number
  readonly #silentUntilMs = new Map<string, number>()

  constructor(periodMs: number, maxKeys: number) {
    this.#periodMs = periodMs
    this.#maxKeys = maxKeys
  }

  /** True for the first event of a key, and again after each period. */
  allows(key: string, nowMs: number): boolean {
    if (nowMs < (this.#silentUntilMs.get(key) ?? 0)) return false
    this.#silentUntilMs.delete(key)
    for (const oldest of this.#silentUntilMs.keys()) {
      if (this.#silentUntilMs.size < this.#maxKeys) break
      this.#silentUntilMs.delete(oldest)
    }
    this.#silentUntilMs.set(key, nowMs + this.#periodMs)
    return true
  }
}

const REPEAT_PERIOD_MS = 60_000
const MAX_REPEAT_KEYS = 1000
/** For all keys together, so that a flood with ever new keys does not fill the disk either. */
const MAX_PER_PERIOD = 300

/**
 * Admits one entry per key and minute, and 300 per minute in total, so that no client fills the audit log. Counts what it
 * held back.
 */
export class RepeatThrottle {
  readonly #keys = new ThrottlePerKey(REPEAT_PERIOD_MS, MAX_REPEAT_KEYS)
  #periodEndsAtMs = 0
  #admitted = 0
  #heldBack = 0

  /** The number of events held back since the last admitted one; null when this one is held back. */
  admit(key: string, nowMs: number): number | null {
    if (nowMs >= this.#periodEndsAtMs) {
      this.#periodEndsAtMs = nowMs + REPEAT_PERIOD_MS
      this.#admitted = 0
    }
    if (this.#admitted >= MAX_PER_PERIOD || !this.#keys.allows(key, nowMs)) {
      this.#heldBack++
      return null
    }
    this.#admitted++
    const heldBack = this.#heldBack
    this.#heldBack = 0
    return heldBack
  }
}

/** Makes a function that calls `write` at most once per period, with the number of calls suppressed since the last one. */
export function rateLimitedLog(periodMs = 10_000): (write: (heldBack: number) => void) => void {
  let silentUntilMs = 0
  let heldBack = 0
  return (write) => {
    const nowMs = performance.now()
    if (nowMs < silentUntilMs) {
      heldBack++
      return
    }
    silentUntilMs = nowMs + periodMs
    write(heldBack)
    heldBack = 0
  }
}
