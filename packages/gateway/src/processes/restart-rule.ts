const FIRST_MS = 100
const MAX_MS = 10_000
/** A process that served this long restarts with the shortest delay (in milliseconds). */
const STEADY_MS = 30_000
const MAX_DEATHS = 20
const WITHIN_MS = 60_000

/** Decides when a process that died is restarted: soon, then later each time, and never when too many die. Pure. */
export class RestartRule {
  readonly sentence =
    `Processes of this gateway died more than ${MAX_DEATHS} times in ${WITHIN_MS / 1000} seconds; the log has the reasons.`
  #deaths: number[] = []
  #inARow = 0

  /** The delay (in milliseconds), or null to give up. `random` is between 0 and 1. */
  next(nowMs: number, startedMs: number, random: number): number | null {
    this.#deaths = [...this.#deaths.filter((diedMs) => nowMs - diedMs < WITHIN_MS), nowMs]
    if (this.#deaths.length > MAX_DEATHS) return null
    this.#inARow = nowMs - startedMs >= STEADY_MS ? 1 : this.#inARow + 1
    return Math.min(MAX_MS, FIRST_MS * 2 ** (this.#inARow - 1)) * (0.5 + random / 2)
  }
}
