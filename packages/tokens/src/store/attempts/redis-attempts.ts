import { chunksOf } from '../../chunks.ts'
import { Deadline } from '../../deadline.ts'
import type { Committer } from '../commit/committer.ts'
import { Journal, type RoomLimits } from '../journal/journal.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './requests.ts'
import { giveBackCommand, readTaken, takeCommand } from './script-calls.ts'

/** Maximum number of attempts that are counted again concurrently: one batch of the committer. */
const AT_ONCE = 256

/** Attempts with a longer window are not kept for longer: a node that is down for weeks must not fill the journal. */
const MAX_KEPT_MS = 86_400_000

interface Kept {
  key: { key: string }
  request: TakeRequest
}

/**
 * Counts attempts on the primary, acknowledged like logins. If a planned node may lack an attempt, the attempt is
 * kept and counted again on a new primary. After its window has passed, it is not counted again.
 */
export class RedisAttempts {
  readonly #committer: Committer
  readonly #journal: Journal<Kept>

  constructor(committer: Committer, mostKept: number) {
    this.#committer = committer
    this.#journal = new Journal({
      maxEntries: mostKept,
      join: (_, newer) => newer,
      // The key identifies the attempt, which never changes.
      covers: () => true,
      lastsMs: ({ request }) =>
        Math.min(MAX_KEPT_MS, Math.max(...request.limits.map(({ windowMs }) => windowMs))),
    })
  }

  /** The number of attempts that a node may lack. */
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

  /** Notes that all planned replicas have confirmed everything that was written in a term up to now. */
  confirmTerm(term: number): void {
    this.#journal.confirmTerm(term)
  }

  /** Drops older entries, whether or not every node has them. */
  forgetBefore(timeMs: number): void {
    this.#journal.forgetBefore(timeMs)
  }

  /** Counts the attempts of earlier terms again, before all waiting writes. */
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

/**
 * Prepares an attempt for counting it again. It was allowed once, so it does not have to wait after attempts that
 * came later.
 */
function keep(request: TakeRequest): Kept {
  const limits = request.limits.map((limit) => ({ ...limit, pauseAfter: limit.limit }))
  return { key: { key: request.id }, request: { ...request, limits } }
}
