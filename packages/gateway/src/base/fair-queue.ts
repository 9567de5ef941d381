import type { QueueBounds } from './queues.ts'

interface FairBounds extends QueueBounds {
  /** Max tasks of one group that run at the same time. A group is everything with the same first key. */
  maxRunningPerGroup: number
}

/** Keys from the widest to the narrowest: a group, then a part of it, and so on. Every path has the same length. */
export type SharePath = readonly [string, ...string[]]

interface Waiting {
  path: SharePath
  settle(mayRun: boolean): void
}

/**
 * Runs a bounded number of tasks and shares the places fairly: groups take turns, and so do the parts of each group. When
 * too many tasks wait, the newest task of the largest group is refused, so a flood of one group refuses no other group.
 * INV-GATEWAY-34.
 */
export class FairQueue {
  readonly #bounds: FairBounds
  readonly #waiting = new Share()
  readonly #runningOf = new Map<string, number>()
  #running = 0

  constructor(bounds: FairBounds) {
    this.#bounds = bounds
  }

  /** The number of tasks that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Runs `work` when it is its turn. Null when it was refused, or waited too long. */
  async run<T>(path: SharePath, work: () => Promise<T>): Promise<T | null> {
    if (!(await this.#enter(path))) return null
    try {
      return await work()
    } finally {
      this.#leave(path[0])
    }
  }

  #enter(path: SharePath): Promise<boolean> {
    const { maxWaiting, maxWaitMs } = this.#bounds
    return new Promise((resolve) => {
      const waiting: Waiting = {
        path,
        settle(mayRun) {
          clearTimeout(timer)
          resolve(mayRun)
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.remove(waiting, path)
        resolve(false)
      }, maxWaitMs)
      this.#waiting.add(waiting, path)
      this.#startNext()
      if (this.#waiting.size > maxWaiting) this.#waiting.takeFromLargest()?.settle(false)
    })
  }

  #leave(group: string): void {
    this.#running--
    const left = (this.#runningOf.get(group) ?? 1) - 1
    if (left > 0) this.#runningOf.set(group, left)
    else this.#runningOf.delete(group)
    this.#startNext()
  }

  #startNext(): void {
    const { maxRunning, maxRunningPerGroup } = this.#bounds
    if (this.#running >= maxRunning) return
    const next = this.#waiting.takeNext((group) => (this.#runningOf.get(group) ?? 0) < maxRunningPerGroup)
    if (next === null) return
    this.#running++
    this.#runningOf.set(next.path[0], (this.#runningOf.get(next.path[0]) ?? 0) + 1)
    next.settle(true)
  }
}

/** The tasks that wait under one key: in parts by the next key, or, at the end of the path, in the order of their arrival. */
class Share {
  size = 0
  readonly #parts = new Map<string, Share>()
  readonly #tasks = new Set<Waiting>()

  add(task: Waiting, [key, ...rest]: readonly string[]): void {
    this.size++
    if (key === undefined) {
      this.#tasks.add(task)
      return
    }
    const part = this.#parts.get(key) ?? new Share()
    this.#parts.set(key, part)
    part.add(task, rest)
  }

  remove(task: Waiting, [key, ...rest]: readonly string[]): void {
    this.size--
    if (key === undefined) this.#tasks.delete(task)
    else {
      this.#parts.get(key)?.remove(task, rest)
      this.#dropIfEmpty(key)
    }
  }

  /** Takes the oldest task of the part whose turn it is among those that `mayRun`; its next turn comes after all others. */
  takeNext(mayRun: (key: string) => boolean = () => true): Waiting | null {
    for (const [key, part] of this.#parts) {
      if (!mayRun(key)) continue
      const taken = part.takeNext()
      this.size--
      this.#parts.delete(key)
      if (part.size > 0) this.#parts.set(key, part)
      return taken
    }
    const [oldest] = this.#tasks
    return this.#takeTask(oldest)
  }

  /** Takes the newest task of the largest part; among equal ones that of the part which came last. */
  takeFromLargest(): Waiting | null {
    let largest: [string, Share] | null = null
    for (const entry of this.#parts) {
      if (largest === null || entry[1].size >= largest[1].size) largest = entry
    }
    if (largest === null) return this.#takeTask([...this.#tasks].at(-1))
    this.size--
    const taken = largest[1].takeFromLargest()
    this.#dropIfEmpty(largest[0])
    return taken
  }

  #takeTask(task: Waiting | undefined): Waiting | null {
    if (task === undefined) return null
    this.size--
    this.#tasks.delete(task)
    return task
  }

  #dropIfEmpty(key: string): void {
    if (this.#parts.get(key)?.size === 0) this.#parts.delete(key)
  }
}
