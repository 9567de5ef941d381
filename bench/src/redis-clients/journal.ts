/** Numbers that rise, with the times at which they were acknowledged. */
class Acknowledged {
  readonly #entries: { number: number; atMs: number; max: number }[] = []

  add(number: number, atMs: number): void {
    this.#entries.push({ number, atMs, max: Math.max(number, this.#entries.at(-1)?.max ?? 0) })
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get numbers(): number[] {
    return this.#entries.map(({ number }) => number)
  }

  /** The largest number that was acknowledged before this time. */
  maxBefore(atMs: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.atMs ?? 0) < atMs) low = middle + 1
      else high = middle
    }
    return this.#entries[low - 1]?.max ?? 0
  }
}

/** What is stored at the end. */
export interface Stored {
  /** The number of a key. Null: the key has no value. */
  numberAt(key: string): number | null
  elements: readonly string[]
}

export interface Verdict {
  /** Acknowledged writes that are not stored. */
  lost: number
  /** Writes that took effect more than once. */
  twice: number
}

/** The acknowledged writes of one client, to compare them with the data afterwards. It reads no clock. */
export class Journal {
  readonly counter: string
  readonly list: string
  /** Keys whose values are numbers that rise. */
  readonly #numbered = new Map<string, { next: number; isBusy: boolean; acknowledged: Acknowledged }>()
  readonly #counter = new Acknowledged()
  readonly #elements = new Set<string>()
  readonly #prefix: string
  #unansweredIncrements = 0
  #pushed = 0

  constructor(prefix: string) {
    this.#prefix = prefix
    this.counter = `${prefix}:counter`
    this.list = `${prefix}:list`
  }

  /** The keys with numbers, without the counter. */
  get keys(): string[] {
    return [...this.#numbered.keys()]
  }

  /** Those of them with an acknowledged number, so that a read finds one. */
  get readableKeys(): string[] {
    return this.keys.filter((key) => this.#numbered.get(key)?.acknowledged.isEmpty === false)
  }

  /** A key that no unanswered write uses, and its next number. A key has one writer, so its numbers are in order. */
  nextSet(): { key: string; value: number; end: (acknowledgedAtMs: number | null) => void } {
    let key = this.keys.find((one) => this.#numbered.get(one)?.isBusy === false)
    if (key === undefined) {
      key = `${this.#prefix}:${this.#numbered.size}`
      this.#numbered.set(key, { next: 1, isBusy: false, acknowledged: new Acknowledged() })
    }
    const entry = this.#numbered.get(key)
    if (entry === undefined) throw new Error('The key has just been added.')
    // The one that was used last comes last, so that all keys are used.
    this.#numbered.delete(key)
    this.#numbered.set(key, entry)
    entry.isBusy = true
    const value = entry.next++
    return {
      key,
      value,
      end(acknowledgedAtMs) {
        entry.isBusy = false
        if (acknowledgedAtMs !== null) entry.acknowledged.add(value, acknowledgedAtMs)
      },
    }
  }

  nextElement(): string {
    this.#pushed += 1
    return `${this.#prefix}:${this.#pushed}`
  }

  incremented(answer: number | null, atMs: number): void {
    if (answer === null) this.#unansweredIncrements += 1
    else this.#counter.add(answer, atMs)
  }

  pushed(element: string): void {
    this.#elements.add(element)
  }

  /** The least that a read of this key may show that begins at this time. */
  leastAt(key: string, atMs: number): number {
    const acknowledged = key === this.counter ? this.#counter : this.#numbered.get(key)?.acknowledged
    return acknowledged?.maxBefore(atMs) ?? 0
  }

  judge({ numberAt, elements }: Stored): Verdict {
    let lost = 0
    for (const [key, { acknowledged }] of this.#numbered) {
      const stored = numberAt(key) ?? 0
      lost += acknowledged.numbers.filter((number) => number > stored).length
    }
    const total = numberAt(this.counter) ?? 0
    const answers = this.#counter.numbers
    // If an increment was lost, then a later one was answered with the same number, or the counter is less than it.
    const kept = new Set(answers.filter((number) => number <= total)).size
    lost += answers.length - kept
    let twice = Math.max(0, total - kept - this.#unansweredIncrements)
    const distinct = new Set(elements)
    twice += elements.length - distinct.size
    for (const element of this.#elements) if (!distinct.has(element)) lost += 1
    return { lost, twice }
  }
}
