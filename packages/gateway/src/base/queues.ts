/** The bounds of a queue. A task that waits longer than `maxWaitMs` (in milliseconds) is rejected. */
export interface QueueBounds {
  maxRunning: number
  maxWaiting: number
  maxWaitMs: number
}

/** Runs a bounded number of tasks at the same time and lets a bounded number wait. First come, first served. */
export class BoundedQueue {
  readonly #bounds: QueueBounds
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds
  }

  /** Runs `work` when there is a free place. Null when too many tasks already wait, or when this one waited too long. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (!(await this.#enter())) return null
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(): Promise<boolean> {
    const { maxRunning, maxWaiting, maxWaitMs } = this.#bounds
    if (this.#running < maxRunning) {
      this.#running++
      return Promise.resolve(true)
    }
    if (this.#waiting.size >= maxWaiting) return Promise.resolve(false)
    return new Promise((resolve) => {
      const start = () => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(start)
        resolve(false)
      }, maxWaitMs)
      this.#waiting.add(start)
    })
  }

  /** Passes the place to the next waiting task, so that no later task can take it. */
  #leave(): void {
    const [start] = this.#waiting
    if (start === undefined) {
      this.#running--
      return
    }
    this.#waiting.delete(start)
    start()
  }
}
