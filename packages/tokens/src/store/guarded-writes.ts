import { Deadline } from '../deadline.ts'
import { StoreClosedError, StoreUnavailableError } from '../errors.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import type { MergeRequest } from './backend.ts'
import type { Committer } from './commit.ts'
import type { Committed } from './unit.ts'

const LOOK_AGAIN_MS = 20
const NOT_CAUGHT_UP =
  'The new primary may still be missing updates that were acknowledged before the failover.'

/**
 * Merges that happen only while the stored record has a certain version. Such a guard is worth nothing on a primary that
 * lacks acknowledged updates: it would accept a second update of the same version, and one of the two is lost. So a guarded
 * merge waits until the primary has been given what it lacked, and a change of primary sends it back to waiting.
 */
export class GuardedWrites {
  readonly #group: ReplicaGroup
  readonly #committer: Committer
  readonly #hasCaughtUp: () => boolean
  #turn: { term: number; over: AbortController } | null = null

  constructor(group: ReplicaGroup, committer: Committer, hasCaughtUp: () => boolean) {
    this.#group = group
    this.#committer = committer
    this.#hasCaughtUp = hasCaughtUp
  }

  /** Throws as {@link Committer.write}. */
  async write(requests: MergeRequest[], deadline: Deadline): Promise<Committed> {
    for (;;) {
      while (!this.#hasCaughtUp()) {
        if (deadline.isOver) throw new StoreUnavailableError(NOT_CAUGHT_UP)
        await deadline.pause(LOOK_AGAIN_MS)
      }
      const { term } = this.#group
      const cancelled = new AbortController()
      const cancel = deadline.onOver(() => cancelled.abort())
      const turn = new Deadline(
        deadline.remainingMs,
        AbortSignal.any([this.#termIsOver(term), cancelled.signal]),
      )
      try {
        return await this.#committer.write(requests, turn)
      } catch (error) {
        const isWorthAnotherTry = this.#group.term !== term && !deadline.isOver
        if (!isWorthAnotherTry || error instanceof StoreClosedError) throw error
      } finally {
        cancel()
      }
    }
  }

  /** One signal for all writes of a term. */
  #termIsOver(term: number): AbortSignal {
    if (this.#turn?.term !== term) {
      const over = new AbortController()
      this.#turn = { term, over }
      void this.#group.termOver(term).then(() => over.abort())
    }
    return this.#turn.over.signal
  }
}
