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

const LOCKOUT_PERIOD_MS = 60_000
const MAX_LOCKOUTS = 1000

/** Throttles the audit entries about rejected logins: the same lockout is recorded once a minute. */
export const createLockoutThrottle = () => new ThrottlePerKey(LOCKOUT_PERIOD_MS, MAX_LOCKOUTS)

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
