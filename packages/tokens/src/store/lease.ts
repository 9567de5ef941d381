import { elapsedMs, type Instant } from './instant.ts'
import type { SafetyRule } from './rules.ts'

/**
 * The right to answer *active* from the near cache. It is valid for `leaseMs` from the **sending** time of the last
 * confirmed heartbeat, and ends by the clock that reaches the end first: the monotonic clock stops while a machine
 * is paused, and the wall clock may be set back. A wall clock that is set ahead ends the lease early, until the next
 * heartbeat. Pure: the time is passed in.
 * INV-TOKENS-41.
 */
export class Lease {
  readonly #leaseMs: number
  readonly #elapsedMs: (from: Instant, to: Instant) => number
  /** When the latest confirmed heartbeat was sent. */
  #provedAt: Instant | null = null
  /** The same, since the lease was ended last. */
  #validFrom: Instant | null = null

  constructor(leaseMs: number, rulesOff: ReadonlySet<SafetyRule> = new Set()) {
    this.#leaseMs = leaseMs
    this.#elapsedMs = rulesOff.has('standing-clock') ? monotonicElapsedMs : elapsedMs
  }

  isValid(now: Instant): boolean {
    return this.#validFrom !== null && this.#elapsedMs(this.#validFrom, now) < this.#leaseMs
  }

  /** How much longer it is valid (in milliseconds); 0 when it is not. */
  remainingMs(now: Instant): number {
    return this.#validFrom === null ? 0 : Math.max(0, this.#leaseMs - this.#elapsedMs(this.#validFrom, now))
  }

  /** Time since the last confirmed heartbeat was sent (in milliseconds); null before the first one. */
  ageMs(now: Instant): number | null {
    return this.#provedAt === null ? null : this.#elapsedMs(this.#provedAt, now)
  }

  /** A replica confirmed the heartbeat that was sent at `sentAt`, and it came back through the feed. */
  prove(sentAt: Instant): void {
    this.#provedAt = later(this.#provedAt, sentAt)
    this.#validFrom = later(this.#validFrom, sentAt)
  }

  /** The feed or the primary was lost. */
  end(): void {
    this.#validFrom = null
  }
}

/** By the monotonic clock alone: the wall clock may have been set back in between. */
function later(known: Instant | null, next: Instant): Instant {
  return known !== null && known.monotonicMs > next.monotonicMs ? known : next
}

function monotonicElapsedMs(from: Instant, to: Instant): number {
  return to.monotonicMs - from.monotonicMs
}
