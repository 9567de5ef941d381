/** The interval of heartbeats, and of the check for them (in milliseconds). */
export const HEARTBEAT_MS = 1000
/** A process without a heartbeat for this long hangs: longer than a garbage collection, or a delay on a busy machine. */
export const HUNG_MS = 10_000
/** Deadline of the first heartbeat of a new process (in milliseconds). */
const START_MS = 60_000

/** Finds the processes that hang, by the time of their last heartbeat. Pure. INV-GATEWAY-27. */
export class Heartbeats {
  /** The deadline of each process's next heartbeat. */
  readonly #untilMs = new Map<number, number>()
  #checkedMs: number | null = null
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

  /** The processes that hang now. Call it every `HEARTBEAT_MS`: a delayed call extends all deadlines by its delay. */
  check(nowMs: number): readonly number[] {
    const lateMs = this.#checkedMs === null ? 0 : Math.max(0, nowMs - this.#checkedMs - HEARTBEAT_MS)
    this.#checkedMs = nowMs
    for (const [number, untilMs] of this.#untilMs) this.#untilMs.set(number, untilMs + lateMs)
    this.#hung = [...this.#untilMs].filter(([, untilMs]) => untilMs < nowMs).map(([number]) => number)
    return this.#hung
  }

  /** False from the check that found a hanging process until that process has ended. */
  get allLive(): boolean {
    return this.#hung.length === 0
  }
}
