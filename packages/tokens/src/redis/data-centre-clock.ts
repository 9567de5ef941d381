import { type ClockReading, compareClocks, describeDeviation } from './clocks.ts'

/** The clock of one node, as last read. */
export interface NodeTime {
  address: string
  /** The node's wall clock minus this process's monotonic clock (in milliseconds). */
  aheadOfMonotonicMs: number
}

/** The clocks of this process, read together (in milliseconds). */
interface OwnClocks {
  monotonicMs: number
  wallMs: number
}

const readOwnClocks = (): OwnClocks => ({ monotonicMs: performance.now(), wallMs: Date.now() })

/** A larger change of this process's wall clock is a step, and the clocks are compared again. */
const STEP_MS = 100

/**
 * This process's wall clock, checked against the clocks of the nodes. The times of the nodes are stored relative to
 * the monotonic clock, so a step of the wall clock shows immediately, and not only after the next query of the
 * nodes.
 * INV-TOKENS-7.
 */
export class DataCentreClock {
  #readings: readonly NodeTime[] = []
  #nodeCount = 1
  /** This process's wall clock minus its monotonic clock at the last comparison. */
  #ownMs = Number.NaN
  #aheadMs: number | null = null

  /** Stores the times of the nodes that answer now. If no node answers, the last times stay. */
  update(times: readonly NodeTime[], nodeCount: number): void {
    if (times.length === 0) return
    this.#readings = times
    this.#nodeCount = nodeCount
    this.#ownMs = Number.NaN
  }

  /** Why this clock cannot be trusted, as text for an operator. Null while a majority of the clocks agrees with it. */
  get problem(): string | null {
    const aheadMs = this.#compare()
    if (this.#readings.length === 0) return "No node's clock could be read yet."
    if (aheadMs === null) {
      return 'The clocks of the nodes and of this server disagree, and no majority shows which is right. Turn on time synchronization on all of them.'
    }
    const deviation = describeDeviation(aheadMs)
    if (deviation === null) return null
    // If only two clocks disagree, it is unknown which one is right.
    return this.#nodeCount === 1
      ? `This server's clock is ${deviation} that of Redis. Turn on time synchronization on both.`
      : `This server's clock is ${deviation} the data centre's. Turn on time synchronization on this server.`
  }

  /** Whether a majority of the clocks shows that this process's clock is wrong. */
  get isWrong(): boolean {
    const aheadMs = this.#compare()
    return aheadMs !== null && describeDeviation(aheadMs) !== null
  }

  /** The wall clock of this process (Unix ms) while it agrees with the majority, otherwise NaN. */
  checkedNowMs(own: OwnClocks = readOwnClocks()): number {
    const aheadMs = this.#compare(own)
    return aheadMs === null || describeDeviation(aheadMs) !== null ? Number.NaN : own.wallMs
  }

  /**
   * The wall clock of this process (Unix ms) while it agrees with the majority, otherwise the time of the majority.
   * NaN while there is no majority.
   */
  nowMs(): number {
    const own = readOwnClocks()
    const aheadMs = this.#compare(own)
    if (aheadMs === null) return Number.NaN
    return describeDeviation(aheadMs) === null ? own.wallMs : own.wallMs + aheadMs
  }

  /**
   * Returns how far the time of the data centre is ahead of this process's clock (in milliseconds), or null while
   * that is not known.
   */
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
