/** How often a serving process says that it lives, and how often that is looked at (in milliseconds). */
export const HEARTBEAT_MS = 1000
/** One that said nothing for so long hangs: longer than a collection of garbage, or a busy machine, holds one up. */
export const HUNG_MS = 10_000
/** One that was just started says something for the first time within this (in milliseconds). */
const START_MS = 60_000

/** Which of several processes hang, by when each last said that it lives. Pure. INV-GATEWAY-27. */
export class Heartbeats {
  /** Until when each must have said something. */
  readonly #untilMs = new Map<number, number>()
  #lookedMs: number | null = null
  #hung: number[] = []

  started(number: number, nowMs: number): void {
    this.#untilMs.set(number, nowMs + START_MS)
  }

  heard(number: number, nowMs: number): void {
    if (this.#untilMs.has(number)) this.#untilMs.set(number, nowMs + HUNG_MS)
  }

  ended(number: number): void {
    this.#untilMs.delete(number)
    this.#hung = this.#hung.filter((one) => one !== number)
  }

  /** Those that hang now. To be asked every `HEARTBEAT_MS`: while the asker itself was held up, it heard nobody. */
  look(nowMs: number): readonly number[] {
    const lateMs = this.#lookedMs === null ? 0 : Math.max(0, nowMs - this.#lookedMs - HEARTBEAT_MS)
    this.#lookedMs = nowMs
    for (const [number, untilMs] of this.#untilMs) this.#untilMs.set(number, untilMs + lateMs)
    this.#hung = [...this.#untilMs].filter(([, untilMs]) => untilMs < nowMs).map(([number]) => number)
    return this.#hung
  }

  /** False from the look that found one hanging until it has ended. */
  get allLive(): boolean {
    return this.#hung.length === 0
  }
}
