import type { ReplicaGroup } from '../redis/group.ts'
import type { StoreObserver } from './observer.ts'

/** A Sentinel that is slower does not count. */
const PATIENCE_MS = 300
/** A vote is void after Sentinel's election time-out of 10 s at the most (Redis 7.0.15, sentinel.c). */
const ELECTION_MS = 10_000

/**
 * The epoch barrier. A failover begins with an election epoch that at least two of three Sentinels announce
 * when they vote; the primary that is to be replaced knows nothing of it. So when a majority of the Sentinels
 * answers **after** the replicas have confirmed a batch, and none has announced a newer epoch than the one of
 * the primary, no election was won before: whoever is elected later is chosen among replicas of now.
 *
 * A promoted replica is known by its lineage up to a second before the Sentinels name it, and its epoch is then one
 * more than theirs (redis/primary.ts).
 */
export class EpochBarrier {
  readonly #group: ReplicaGroup
  readonly #observer: StoreObserver
  /** The newest epoch after which no failover followed in time: it stands for nothing any more. */
  #voidEpoch = 0
  #doubt: { epoch: number; sinceMs: number } | null = null

  constructor(group: ReplicaGroup, observer: StoreObserver) {
    this.#observer = observer
    this.#group = group
  }

  /** Asks the Sentinels now. False means doubt: not that a failover is under way, but that it may be. */
  async isClear(): Promise<boolean> {
    const settledBeforeMs = performance.now() - this.#limitMs()
    const listening = this.#group.trustedSentinels.filter(
      ({ listeningSinceMs }) => listeningSinceMs !== null && listeningSinceMs <= settledBeforeMs,
    )
    if (listening.length < this.#group.electingSentinels) return false
    const answers = await Promise.all(
      listening.map(async (sentinel) => ((await sentinel.answers(PATIENCE_MS)) ? [sentinel.id] : [])),
    )
    // By id: one Sentinel that is known under two addresses is one voter.
    const answered = new Set(answers.flat())
    return answered.size >= this.#group.electingSentinels && this.#noNewerEpoch(performance.now())
  }

  #noNewerEpoch(nowMs: number): boolean {
    const sentinels = this.#group.trustedSentinels
    const newest = Math.max(0, ...sentinels.map(({ newestEpoch }) => newestEpoch))
    if (newest <= Math.max(this.#group.primaryEpoch, this.#voidEpoch)) {
      this.#doubt = null
      return true
    }
    if (this.#doubt?.epoch !== newest) {
      this.#doubt = { epoch: newest, sinceMs: nowMs }
      this.#observer.event?.({ type: 'doubt', epoch: newest })
    }
    if (nowMs - this.#doubt.sinceMs > ELECTION_MS + this.#failoverTimeoutMs()) this.#voidEpoch = newest
    return false
  }

  /** How long after a vote that was not heard a promotion may still follow. */
  #limitMs(): number {
    return Math.min(ELECTION_MS, this.#failoverTimeoutMs())
  }

  #failoverTimeoutMs(): number {
    const timeouts = this.#group.trustedSentinels.flatMap(
      ({ observation }) => observation?.failoverTimeoutMs ?? [],
    )
    return Math.max(0, ...timeouts)
  }
}
