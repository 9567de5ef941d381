/**
 * The right to answer *active* from this process's own knowledge. It is valid for `leaseMs` from the **sending**
 * time of the last proved beat, by the monotonic clock. Pure: the time is passed in.
 */
export class Lease {
  readonly #leaseMs: number
  #validUntilMs = 0
  #provedAtMs: number | null = null

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs
  }

  isValid(nowMs: number): boolean {
    return nowMs < this.#validUntilMs
  }

  /** How much longer it is valid (in milliseconds); 0 when it is not. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.#validUntilMs - nowMs)
  }

  /** How long ago the last proved beat was sent (in milliseconds); null before the first. */
  ageMs(nowMs: number): number | null {
    return this.#provedAtMs === null ? null : nowMs - this.#provedAtMs
  }

  /** A beat that was sent at `sentAtMs` was confirmed by a replica and came back through the feed. */
  prove(sentAtMs: number): void {
    this.#provedAtMs = Math.max(this.#provedAtMs ?? sentAtMs, sentAtMs)
    this.#validUntilMs = Math.max(this.#validUntilMs, sentAtMs + this.#leaseMs)
  }

  /** The feed or the primary was lost. */
  end(): void {
    this.#validUntilMs = 0
  }
}
