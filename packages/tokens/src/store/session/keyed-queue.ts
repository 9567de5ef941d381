import type { Deadline } from '../../deadline.ts'
import { StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import { Backoff } from '../../redis/backoff.ts'

/** The first and the longest pause after another process changed the session first (in milliseconds). */
const PAUSES_MS = [5, 250] as const

/**
 * Runs the tasks of one key one after the other, first come, first served. Tasks of different keys do not wait for
 * each other. Only keys with current tasks use memory.
 */
export class KeyedQueue {
  readonly #maxWaiting: number
  /** For each key with a running task: how to start the tasks that wait for it. */
  readonly #queues = new Map<string, Set<() => void>>()
  #waiting = 0

  /** `maxWaiting` bounds the waiting tasks of all keys together. */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  /**
   * Runs `work` after all earlier tasks of `key`. Throws `STORE_OVERLOADED` if too many tasks wait, and
   * `STORE_UNAVAILABLE` if its deadline passes while it waits. In both cases `work` does not run.
   */
  async run<T>(key: string, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    await this.#enter(key, deadline)
    try {
      return await work()
    } finally {
      this.#leave(key)
    }
  }

  /**
   * As {@link run}, and repeats `attempt` after a pause while it returns null, because another process changed the
   * session first. Throws `overtaken()` if the deadline passes.
   */
  runUntilDone<T>(
    key: string,
    deadline: Deadline,
    attempt: () => Promise<T | null>,
    overtaken: () => Error,
  ): Promise<T> {
    return this.run(key, deadline, async () => {
      const pauses = new Backoff(...PAUSES_MS)
      do {
        const result = await attempt()
        if (result !== null) return result
        await deadline.pause(pauses.next())
      } while (!deadline.isOver)
      throw overtaken()
    })
  }

  // INV-TOKENS-26: every queue has a bound.
  #enter(key: string, deadline: Deadline): Promise<void> {
    const queue = this.#queues.get(key)
    if (queue === undefined) {
      this.#queues.set(key, new Set())
      return Promise.resolve()
    }
    if (this.#waiting >= this.#maxWaiting) {
      throw new StoreOverloadedError(
        `${this.#waiting} changes of sessions already wait for earlier ones. Nothing was changed. Try again after a pause.`,
      )
    }
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#waiting -= 1
        cancel()
        resolve()
      }
      const cancel = deadline.onOver(() => {
        this.#waiting -= 1
        queue.delete(start)
        reject(
          new StoreUnavailableError(
            'Earlier changes of the same session did not end before the deadline. Nothing was changed.',
          ),
        )
      })
      queue.add(start)
      this.#waiting += 1
    })
  }

  /** Starts the next task of the key, before any later task can. */
  #leave(key: string): void {
    const queue = this.#queues.get(key)
    const [start] = queue ?? []
    if (start === undefined) {
      this.#queues.delete(key)
      return
    }
    queue?.delete(start)
    start()
  }
}
