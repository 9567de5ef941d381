/** A bounded queue for work of which only a few may run at once. */
export interface Turns {
  /** Runs `work` when its turn comes; null when too many wait already or the turn did not come in time. */
  take<T>(work: () => Promise<T>): Promise<T | null>
}

interface Waiting {
  start(): void
}

/** `atOnce` run, `waiting` wait, each for at most `waitMs` (in milliseconds). First come, first served. */
export function createTurns(options: { atOnce: number; waiting: number; waitMs: number }): Turns {
  const queue = new Set<Waiting>()
  let running = 0

  function turn(): Promise<boolean> {
    if (running < options.atOnce) {
      running++
      return Promise.resolve(true)
    }
    if (queue.size >= options.waiting) return Promise.resolve(false)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        queue.delete(entry)
        resolve(false)
      }, options.waitMs)
      const entry: Waiting = {
        start() {
          clearTimeout(timer)
          resolve(true)
        },
      }
      queue.add(entry)
    })
  }

  /** Hands the turn to the next in the queue, so that nobody who comes later can take it. */
  function end(): void {
    const [next] = queue
    if (!next) {
      running--
      return
    }
    queue.delete(next)
    next.start()
  }

  return {
    async take(work) {
      if (!(await turn())) return null
      try {
        return await work()
      } finally {
        end()
      }
    },
  }
}
