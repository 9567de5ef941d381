import { type ClockReading, compareClocks, describeDeviation } from './clocks.ts'

/** What one node's clock showed. */
export interface NodeTime {
  address: string
  /** Its wall clock minus this process's monotonic clock (in milliseconds). */
  aheadOfMonotonicMs: number
}

/** The own clocks, read together (in milliseconds). */
interface OwnClocks {
  monotonicMs: number
  wallMs: number
}

const readOwnClocks = (): OwnClocks => ({ monotonicMs: performance.now(), wallMs: Date.now() })

/** A change of the own wall clock by more is a step: the verdict is formed again. */
const STEP_MS = 100

/**
 * This process's wall clock, checked against the clocks of the nodes. What the nodes showed is kept relative to the
 * monotonic clock, so a step of the own wall clock shows at once, and not only when the nodes are asked again.
 * INV-TOKENS-7.
 */
export class DataCentreClock {
  #readings: readonly NodeTime[] = []
  #nodeCount = 1
  /** The own wall clock minus the own monotonic clock, for which the verdict is. */
  #ownMs = Number.NaN
  #aheadMs: number | null = null

  /** The nodes that answer now show these times. Where none answers, the last times stay. */
  update(times: readonly NodeTime[], nodeCount: number): void {
    if (times.length === 0) return
    this.#readings = times
    this.#nodeCount = nodeCount
    this.#ownMs = Number.NaN
  }

  /** Why this clock cannot be trusted, for a person; null while a majority of the clocks agrees with it. */
  get problem(): string | null {
    const aheadMs = this.#compare()
    if (this.#readings.length === 0) return "No node's clock could be read yet."
    if (aheadMs === null) {
      return 'The clocks of the nodes and of this server disagree, and no majority shows which is right. Turn on time synchronization on all of them.'
    }
    const deviation = describeDeviation(aheadMs)
    if (deviation === null) return null
    // Of two clocks that disagree neither is known to be right.
    return this.#nodeCount === 1
      ? `This server's clock is ${deviation} that of Redis. Turn on time synchronization on both.`
      : `This server's clock is ${deviation} the data centre's. Turn on time synchronization on this server.`
  }

  /** Whether a majority of the clocks shows that this process's clock is wrong. */
  get isWrong(): boolean {
    const aheadMs = this.#compare()
    return aheadMs !== null && describeDeviation(aheadMs) !== null
  }

  /** The own wall clock (Unix ms) while it agrees with the majority; else NaN. */
  checkedNowMs(own: OwnClocks = readOwnClocks()): number {
    const aheadMs = this.#compare(own)
    return aheadMs === null || describeDeviation(aheadMs) !== null ? Number.NaN : own.wallMs
  }

  /** The own wall clock (Unix ms) while it agrees with the majority, else the time of the majority; NaN while there is none. */
  nowMs(): number {
    const own = readOwnClocks()
    const aheadMs = this.#compare(own)
    if (aheadMs === null) return Number.NaN
    return describeDeviation(aheadMs) === null ? own.wallMs : own.wallMs + aheadMs
  }

  /** How far the time of the data centre is ahead of this process's clock (in milliseconds); null while that is not known. */
  #compare({ monotonicMs, wallMs }: OwnClocks = readOwnClocks()): number | null {
    const ownMs = wallMs - monotonicMs
    if (Math.abs(ownMs - this.#ownMs) <= STEP_MS) return this.#aheadMs
    this.#ownMs = ownMs
    const readings = this.#readings.map(({ address, aheadOfMonotonicMs }): ClockReading => {
      return { address, aheadMs: aheadOfMonotonicMs - ownMs }
    })
    this.#aheadMs = compareClocks(readings, this.#nodeCount).aheadMs
    return this.#aheadMs
  }
}
