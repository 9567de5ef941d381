import { Deadline } from '../deadline.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './attempt-requests.ts'
import { chunksOf } from './chunks.ts'
import { giveBackCommand, readTaken, takeCommand } from './commands.ts'
import type { Committer } from './commit.ts'
import { Journal, type RoomLimits } from './journal.ts'

/** Most attempts that are counted again at once: a batch of the committer. */
const AT_ONCE = 256

interface Kept {
  key: { key: string }
  request: TakeRequest
}

/**
 * Counts attempts on the primary, acknowledged like logins. An attempt that a planned node may lack is kept and
 * counted again on a new primary. An attempt whose window has passed is not counted again.
 */
export class RedisAttempts {
  readonly #committer: Committer
  readonly #journal: Journal<Kept>

  constructor(committer: Committer, mostKept: number) {
    this.#committer = committer
    this.#journal = new Journal({
      maxEntries: mostKept,
      join: (_, newer) => newer,
      // An attempt is named by its key and never changes.
      covers: () => true,
      lastsMs: ({ request }) => Math.max(...request.limits.map(({ windowMs }) => windowMs)),
    })
  }

  /** Attempts that a node may lack. */
  get size(): number {
    return this.#journal.size
  }

  // INV-TOKENS-29: attempts survive failovers.
  async take(request: TakeRequest, deadline: Deadline, limits: RoomLimits): Promise<Taken> {
    this.#journal.assertRoom(1, limits)
    const committed = await this.#committer.runScript(takeCommand(request), deadline)
    const taken = readTaken(committed.replies[0] ?? null)
    if (taken.allowed) this.#journal.settle([keep(request)], committed, performance.now())
    return taken
  }

  async giveBack(request: GiveBackRequest, deadline: Deadline): Promise<void> {
    await this.#committer.runScript(giveBackCommand(request), deadline)
    this.#journal.forget(request.id)
  }

  /** All planned replicas confirmed everything that was written in a term up to now. */
  confirmTerm(term: number): void {
    this.#journal.confirmTerm(term)
  }

  /** Drops older entries, whether every node has them or not. */
  forgetBefore(timeMs: number): void {
    this.#journal.forgetBefore(timeMs)
  }

  /** Counts what was counted in earlier terms again, ahead of everything that waits. */
  async replay(term: number, timeoutMs: number): Promise<void> {
    for (const some of chunksOf(this.#journal.fromBefore(term, performance.now()), AT_ONCE)) {
      const deadline = new Deadline(timeoutMs)
      const counted = some.map(async (kept) => {
        const committed = await this.#committer.runScript(takeCommand(kept.request), deadline, {
          first: true,
        })
        this.#journal.settle([kept], committed, performance.now())
      })
      await Promise.all(counted)
    }
  }
}

/** As it is counted again: it was allowed once, and need not keep a distance from those that came after it. */
function keep(request: TakeRequest): Kept {
  const limits = request.limits.map((limit) => ({ ...limit, pauseAfter: limit.limit }))
  return { key: { key: request.id }, request: { ...request, limits } }
}
