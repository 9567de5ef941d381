const FIRST_MS = 100
const MOST_MS = 10_000
/** One that served so long begins anew with the shortest wait (in milliseconds). */
const STEADY_MS = 30_000
const MOST_DEATHS = 20
const WITHIN_MS = 60_000

/** When a process that died is started again: soon, then later each time, and never when too many die. Pure. */
export class RestartRule {
  readonly sentence =
    `Processes of this gateway died more than ${MOST_DEATHS} times in ${WITHIN_MS / 1000} seconds; read why in the log.`
  #deaths: number[] = []
  #inARow = 0

  /** How long to wait (in milliseconds), or null: give up. `random` is from 0 to 1. */
  next(nowMs: number, startedMs: number, random: number): number | null {
    this.#deaths = [...this.#deaths.filter((diedMs) => nowMs - diedMs < WITHIN_MS), nowMs]
    if (this.#deaths.length > MOST_DEATHS) return null
    this.#inARow = nowMs - startedMs >= STEADY_MS ? 1 : this.#inARow + 1
    return Math.min(MOST_MS, FIRST_MS * 2 ** (this.#inARow - 1)) * (0.5 + random / 2)
  }
}
