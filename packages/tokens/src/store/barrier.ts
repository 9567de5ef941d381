import type { ReplicaGroup } from '../redis/group.ts'
import type { Sentinel } from '../redis/sentinel.ts'
import type { StoreObserver } from './observer.ts'

/** A Sentinel that is slower does not count. */
const PATIENCE_MS = 300
/** Between two looks at whether a Sentinel has come. */
const NEXT_LOOK_MS = 500
/** Sentinel's election time-out, unless `failover-timeout` is shorter (Redis 7.0.15, sentinel.c). */
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
  /** Which Sentinels were quiet, all together, after this one was listened to, by since when it is. */
  readonly #quiet = new WeakMap<Sentinel, number>()
  #closed = false
  #doubt: { epoch: number; sinceMs: number } | null = null

  constructor(group: ReplicaGroup, observer: StoreObserver) {
    this.#observer = observer
    this.#group = group
  }

  /** Asks the Sentinels now. False means doubt: not that a failover is under way, but that it may be. */
  async isClear(): Promise<boolean> {
    const voters = await this.#votersHeardEnough()
    if (voters.length < this.#group.electingSentinels) return false
    const answers = await Promise.all(
      voters.map(async (sentinel) => ((await sentinel.answers(PATIENCE_MS)) ? [sentinel.id] : [])),
    )
    // By id: one Sentinel that is known under two addresses is one voter.
    const answered = new Set(answers.flat())
    return answered.size >= this.#group.electingSentinels && this.#noNewerEpoch(performance.now())
  }

  /** Keeps the barrier ready, until it is closed: with a Sentinel gone it is too late to ask all of them. */
  async run(): Promise<void> {
    while (!this.#closed) {
      if (this.#listening().some((sentinel) => !this.#isHeardEnough(sentinel))) await this.#askAll()
      await new Promise((resolve) => setTimeout(resolve, NEXT_LOOK_MS))
    }
  }

  close(): void {
    this.#closed = true
  }

  /** The Sentinels of which no vote can have been missed that may still lead to a promotion. */
  async #votersHeardEnough(): Promise<Sentinel[]> {
    const voters = this.#listening().filter((sentinel) => this.#isHeardEnough(sentinel))
    if (voters.length >= this.#group.electingSentinels) return voters
    await this.#askAll()
    return this.#listening().filter((sentinel) => this.#isHeardEnough(sentinel))
  }

  #listening(): Sentinel[] {
    return this.#group.trustedSentinels.filter(({ listeningSinceMs }) => listeningSinceMs !== null)
  }

  #isHeardEnough(sentinel: Sentinel): boolean {
    const sinceMs = sentinel.listeningSinceMs ?? Infinity
    return this.#quiet.get(sentinel) === sinceMs || sinceMs <= performance.now() - this.#promotionLimitMs()
  }

  /**
   * Asks all Sentinels whether they lead a failover, after all of them are listened to. A leader says so from its
   * election on: so when none does, no failover is under way, and of a later one every vote is heard.
   */
  async #askAll(): Promise<void> {
    const listening = this.#listening()
    if (listening.length < this.#group.allSentinels) return
    const since = new Map(listening.map((sentinel) => [sentinel, sentinel.listeningSinceMs ?? Infinity]))
    const sinceMs = Math.max(...since.values())
    const isQuiet = ({ quietAtMs }: Sentinel) => quietAtMs !== null && quietAtMs >= sinceMs
    const asked = listening.map((sentinel) => isQuiet(sentinel) || sentinel.ask())
    await Promise.race([Promise.all(asked), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
    if (!listening.every(isQuiet)) return
    for (const [sentinel, listeningSinceMs] of since) this.#quiet.set(sentinel, listeningSinceMs)
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
    if (nowMs - this.#doubt.sinceMs > this.#promotionLimitMs()) this.#voidEpoch = newest
    return false
  }

  /**
   * How long after a vote a promotion may still follow: until the leader gives up waiting for votes, then for a
   * link to the replica, then for its promotion (Redis 7.0.15, sentinel.c: sentinelFailoverWaitStart,
   * sentinelFailoverSendSlaveOfNoOne, sentinelFailoverWaitPromotion).
   */
  #promotionLimitMs(): number {
    const timeouts = this.#group.trustedSentinels.flatMap(
      ({ observation }) => observation?.failoverTimeoutMs ?? [],
    )
    const failoverTimeoutMs = Math.max(0, ...timeouts)
    return Math.min(ELECTION_MS, failoverTimeoutMs) + 2 * failoverTimeoutMs
  }
}
