/** Latencies of one kind of request (in milliseconds). All are kept: a drill has some ten thousand. */
export class Latencies {
  readonly #values: number[] = []
  #longest = 0

  record(ms: number): void {
    this.#values.push(ms)
    if (ms > this.#longest) this.#longest = ms
  }

  get count(): number {
    return this.#values.length
  }

  /** The longest, 0 when there is none. */
  get longestMs(): number {
    return this.#longest
  }

  /** The smallest value that at least this share (0 to 1) of all values does not exceed: nearest rank. */
  percentileMs(share: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b)
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  }
}
