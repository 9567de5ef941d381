/** The writes of plain clients, and the answers to them. One client increments each counter. */
export class WriteLedger {
  readonly counters = new Map<string, { answers: number[]; unanswered: number }>()
  /** Keys whose SET was acknowledged. */
  readonly acknowledgedKeys: string[] = []
  /** Keys that may exist afterwards. */
  readonly allKeys: string[] = []

  addCounter(key: string): void {
    this.counters.set(key, { answers: [], unanswered: 0 })
    this.allKeys.push(key)
  }

  get acknowledged(): number {
    const answers = [...this.counters.values()].reduce((sum, counter) => sum + counter.answers.length, 0)
    return answers + this.acknowledgedKeys.length
  }

  /**
   * Compares the counters and keys that the primary has with what was acknowledged. Pure.
   *
   * Lost: an answer of INCR that came twice, or that is more than the counter; a key that is missing. Done twice: what the
   * counter has beyond the answers, and beyond the increments of which nothing is known.
   */
  compare(values: ReadonlyMap<string, number>, missingKeys: number): { lost: number; repeated: number } {
    let [lost, repeated] = [missingKeys, 0]
    for (const [key, { answers, unanswered }] of this.counters) {
      const value = values.get(key) ?? 0
      const kept = new Set(answers.filter((answer) => answer <= value)).size
      lost += answers.length - kept
      repeated += Math.max(0, value - kept - unanswered)
    }
    return { lost, repeated }
  }
}
