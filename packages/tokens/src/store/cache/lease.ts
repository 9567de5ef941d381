import { ALL_RULES, type SafetyPolicy } from '../../safety-policy.ts'
import { elapsedMs, type Instant } from '../clocks/instant.ts'

/**
 * The right to answer *active* from the near cache. The lease is valid for `leaseMs` from the **sending** time of
 * the last confirmed heartbeat. It expires by the clock that reaches the end first, because the monotonic clock
 * stops while a machine is paused, and the wall clock may be set back. If the wall clock is set ahead, the lease
 * expires early, until the next heartbeat. Pure: the time is passed in.
 * INV-TOKENS-41.
 */
export class Lease {
  readonly #leaseMs: number
  readonly #elapsedMs: (from: Instant, to: Instant) => number
  /** When the latest confirmed heartbeat was sent. */
  #provedAt: Instant | null = null
  /** When the latest confirmed heartbeat since the last end of the lease was sent; null if there is none. */
  #validFrom: Instant | null = null

  constructor(leaseMs: number, rules: SafetyPolicy = ALL_RULES) {
    this.#leaseMs = leaseMs
    this.#elapsedMs = rules['standing-clock'] ? elapsedMs : monotonicElapsedMs
  }

  isValid(now: Instant): boolean {
    return this.#validFrom !== null && this.#elapsedMs(this.#validFrom, now) < this.#leaseMs
  }

  /** How much longer the lease is valid (in milliseconds), or 0 if it has expired. */
  remainingMs(now: Instant): number {
    return this.#validFrom === null ? 0 : Math.max(0, this.#leaseMs - this.#elapsedMs(this.#validFrom, now))
  }

  /** Time since the last confirmed heartbeat was sent (in milliseconds); null before the first one. */
  ageMs(now: Instant): number | null {
    return this.#provedAt === null ? null : this.#elapsedMs(this.#provedAt, now)
  }

  /**
   * Renews the lease: a replica confirmed the heartbeat that was sent at `sentAt`, and it came back through the
   * feed.
   */
  prove(sentAt: Instant): void {
    this.#provedAt = later(this.#provedAt, sentAt)
    this.#validFrom = later(this.#validFrom, sentAt)
  }

  /** Ends the lease because the feed or the primary was lost. */
  end(): void {
    this.#validFrom = null
  }
}

/** Compares by the monotonic clock alone: the wall clock may have been set back in between. */
function later(known: Instant | null, next: Instant): Instant {
  return known !== null && known.monotonicMs > next.monotonicMs ? known : next
}

function monotonicElapsedMs(from: Instant, to: Instant): number {
  return to.monotonicMs - from.monotonicMs
}
