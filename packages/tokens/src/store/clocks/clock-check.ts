import { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreUnavailableError } from '../../errors.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import type { Instant } from './instant.ts'

/** The clock that decides whether a session has ended. */
export interface SessionClock {
  /**
   * Why the clock of this process cannot be trusted, as text for an operator. Null while it agrees with the data
   * centre.
   */
  readonly problem: string | null
  /** The wall clock of this process (Unix ms) while it agrees with the data centre, otherwise NaN. */
  checkedNowMs(own?: Instant): number
  /**
   * As {@link checkedNowMs}, but the time of the data centre if this process's clock is wrong. NaN while that time
   * is not known.
   */
  nowMs(): number
}

/** The wall clock of this process, without a check. */
export const UNCHECKED_CLOCK: SessionClock = {
  problem: null,
  checkedNowMs: () => Date.now(),
  nowMs: () => Date.now(),
}

/** Minimum interval between two comparisons while the clocks disagree. */
const COMPARE_AGAIN_MS = 500
const WAIT_MS = 50

/**
 * Compares the clocks again if they disagree: the times of the nodes may have been read before a pause of this
 * process.
 */
export class ClockCheck {
  readonly #group: ReplicaGroup
  readonly #clock: SessionClock
  #comparing: Promise<void> | null = null
  #comparedAtMs = Number.NEGATIVE_INFINITY

  constructor(group: ReplicaGroup, clock: SessionClock) {
    this.#group = group
    this.#clock = clock
  }

  /**
   * Resolves when a majority of the clocks agrees with this process's clock. Throws `STORE_UNAVAILABLE`:
   * immediately if this process's clock is wrong, and at the deadline if too few clocks can be read.
   */
  async require(deadline: Deadline): Promise<void> {
    while (this.#clock.problem !== null) {
      await this.compareAgain()
      const { problem } = this.#clock
      if (problem === null) return
      if (this.#group.clock.isWrong) throw new StoreUnavailableError(problem)
      if (deadline.isOver) throw new StoreUnavailableError(this.#group.problem() ?? problem)
      await this.#group
        .waitForChange(new Deadline(Math.min(WAIT_MS, deadline.remainingMs)))
        .catch(rethrowClosed)
    }
  }

  /** Reads the time of the nodes again, unless that was done just now. */
  async compareAgain(): Promise<void> {
    if (this.#comparing === null && performance.now() - this.#comparedAtMs < COMPARE_AGAIN_MS) return
    this.#comparing ??= this.#group.probeNodes().finally(() => {
      this.#comparing = null
      this.#comparedAtMs = performance.now()
    })
    await this.#comparing
  }
}

function rethrowClosed(error: unknown): void {
  if (error instanceof StoreClosedError) throw error
}
