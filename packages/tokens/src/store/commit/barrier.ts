import { ElectionEpochs } from '../../redis/election-epochs.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import type { StoreObserver } from '../api/observer.ts'

/** The barrier ignores a Sentinel that takes longer. */
const ANSWER_MS = 300
/**
 * Longer than Sentinel's `publish-period` (2 s, FACT-27), and longer than a leader takes to point the other replica
 * to the promoted one (about 1 s).
 */
const HELLO_MS = 2200

export interface BarrierOptions {
  primaryName: string
  observer: StoreObserver
  rules: SafetyPolicy
}

/**
 * The epoch barrier. A failover begins when at least two of three Sentinels vote and announce a new election epoch.
 * The current primary does not learn of it. Suppose that enough Sentinels answer **after** the replicas have
 * confirmed a batch, and that none of them has announced an epoch newer than the epoch of the primary. Then no
 * election was won before the confirmation, and a leader that is elected later chooses among the replicas as they
 * are then.
 *
 * If an operator forces a failover (`SENTINEL FAILOVER`), there is no vote. Only the leader announces the epoch
 * immediately; the other Sentinels learn of it from its next hello. So a Sentinel that does not answer may have
 * promoted a replica that confirmed recently and is missing now. The barrier is not clear until the next hello is
 * due.
 *
 * A promoted replica is recognized by its lineage up to a second before the Sentinels name it. Its epoch is then
 * one more than theirs (redis/primary.ts).
 */
export class EpochBarrier {
  readonly #group: ReplicaGroup
  readonly #epochs: ElectionEpochs
  readonly #options: BarrierOptions
  readonly #startedMs = performance.now()
  /** When each replica last confirmed a batch (monotonic ms), by address. */
  readonly #confirmedMs = new Map<string, number>()
  #doubtEpoch: number | null = null
  #doubtSinceMs = 0

  constructor(group: ReplicaGroup, options: BarrierOptions) {
    this.#group = group
    this.#options = options
    this.#epochs = new ElectionEpochs(group, options.primaryName)
  }

  /** Notes that these replicas have confirmed a batch that was sent at this time (monotonic ms). */
  noteConfirmed(replicas: readonly string[], sentAtMs: number): void {
    for (const address of replicas) this.#confirmedMs.set(address, sentAtMs)
  }

  /**
   * Asks the Sentinels now. `missing` are the planned replicas that have not confirmed. False means doubt: a
   * failover may be in progress, but is not proved.
   * INV-TOKENS-14.
   */
  async isClear(missing: readonly string[]): Promise<boolean> {
    const { sentinelsToHear, allSentinels } = this.#group
    // Computed before the Sentinels are asked: otherwise the next hello could become due between their answers and
    // this check.
    const mayBeForced = this.#mayBeForced(missing)
    if (this.#epochs.heard.length < sentinelsToHear) await this.#epochs.askAll()
    const answers = await Promise.all(
      this.#epochs.heard.map(async (sentinel) => ((await sentinel.answers(ANSWER_MS)) ? [sentinel.id] : [])),
    )
    // By id: a Sentinel that is known under two addresses is one voter.
    const answered = new Set(answers.flat()).size
    if (answered < sentinelsToHear || (await this.#isElectionPending())) return false
    return answered >= allSentinels || !mayBeForced || !this.#options.rules['forced-failover']
  }

  /**
   * Why the barrier cannot become clear, as text for an operator. Null if it is clear or will become clear by
   * itself.
   */
  get problem(): string | null {
    if (this.#doubtEpoch !== null) {
      return `An election of epoch ${this.#doubtEpoch} has not ended, and not every Sentinel can be asked whether it leads a failover.`
    }
    return this.#epochs.problem
  }

  /** Keeps the barrier ready until it is closed. */
  run(): Promise<void> {
    return this.#epochs.run()
  }

  close(): void {
    this.#epochs.close()
  }

  async #isElectionPending(): Promise<boolean> {
    const { primaryEpoch } = this.#group
    const pending = this.#epochs.pendingAfter(primaryEpoch)
    if (pending !== null && pending !== this.#doubtEpoch) {
      this.#options.observer.event?.({ type: 'doubt', epoch: pending })
    }
    if (pending !== this.#doubtEpoch) this.#doubtSinceMs = performance.now()
    this.#doubtEpoch = pending
    if (pending === null) return false
    if (!this.#options.rules['pending-election']) return performance.now() < this.#doubtSinceMs + HELLO_MS
    const isOver = () =>
      this.#epochs.pendingAfter(primaryEpoch) === null && this.#group.primaryEpoch === primaryEpoch
    await this.#epochs.askAll()
    if (!isOver()) await this.#epochs.readEnded()
    if (isOver()) this.#doubtEpoch = null
    return this.#doubtEpoch !== null
  }

  /**
   * Whether a missing replica may have been promoted by a forced failover: it confirmed recently, or this process
   * has not run long enough to know.
   * INV-TOKENS-16.
   */
  #mayBeForced(missing: readonly string[]): boolean {
    const nowMs = performance.now()
    return missing.some((address) => nowMs - (this.#confirmedMs.get(address) ?? this.#startedMs) < HELLO_MS)
  }
}
