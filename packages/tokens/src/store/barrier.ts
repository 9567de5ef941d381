import { ElectionEpochs } from '../redis/election-epochs.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import type { StoreObserver } from './observer.ts'
import type { SafetyRule } from './rules.ts'

/** A Sentinel that is slower does not count. */
const ANSWER_MS = 300
/**
 * Longer than Sentinel's `publish-period` (2 s, FACT-27), and than a leader takes to point the other replica to the one
 * that it has promoted (about 1 s).
 */
const HELLO_MS = 2200

export interface BarrierOptions {
  primaryName: string
  observer: StoreObserver
  rulesOff: ReadonlySet<SafetyRule>
}

/**
 * The epoch barrier. A failover begins with an election epoch that at least two of three Sentinels announce
 * when they vote; the primary that is to be replaced knows nothing of it. So when enough Sentinels answer **after** the
 * replicas have confirmed a batch, and none has announced a newer epoch than the one of the primary, no election was won
 * before: a leader that is elected later chooses among the replicas as they are then.
 *
 * A failover that an operator forces (`SENTINEL FAILOVER`) has no vote. Only its leader announces the epoch at once; the others
 * hear of it with its next hello. So while one Sentinel does not answer, a replica that has confirmed until lately and is
 * missing now may have been promoted by it: until the next hello is due the barrier is not clear.
 *
 * A promoted replica is known by its lineage up to a second before the Sentinels name it, and its epoch is then one
 * more than theirs (redis/primary.ts).
 */
export class EpochBarrier {
  readonly #group: ReplicaGroup
  readonly #epochs: ElectionEpochs
  readonly #options: BarrierOptions
  readonly #startedMs = performance.now()
  /** When each replica has confirmed a batch last (monotonic ms), by address. */
  readonly #confirmedMs = new Map<string, number>()
  #doubtEpoch: number | null = null
  #doubtSinceMs = 0

  constructor(group: ReplicaGroup, options: BarrierOptions) {
    this.#group = group
    this.#options = options
    this.#epochs = new ElectionEpochs(group, options.primaryName)
  }

  /** These replicas have confirmed a batch that was sent at this time (monotonic ms). */
  noteConfirmed(replicas: readonly string[], sentAtMs: number): void {
    for (const address of replicas) this.#confirmedMs.set(address, sentAtMs)
  }

  /**
   * Asks the Sentinels now; `missing` are the planned replicas that have not confirmed. False means doubt: not that a failover
   * is under way, but that it may be.
   * INV-TOKENS-14.
   */
  async isClear(missing: readonly string[]): Promise<boolean> {
    const { sentinelsToHear, allSentinels } = this.#group
    // By the time before the Sentinels are asked: what the wait was for may have come between.
    const mayBeForced = this.#mayBeForced(missing)
    if (this.#epochs.heard.length < sentinelsToHear) await this.#epochs.askAll()
    const answers = await Promise.all(
      this.#epochs.heard.map(async (sentinel) => ((await sentinel.answers(ANSWER_MS)) ? [sentinel.id] : [])),
    )
    // By id: one Sentinel that is known under two addresses is one voter.
    const answered = new Set(answers.flat()).size
    if (answered < sentinelsToHear || (await this.#isElectionPending())) return false
    return answered >= allSentinels || !mayBeForced || this.#options.rulesOff.has('forced-failover')
  }

  /** Why it cannot be clear, for a person; null when that passes by itself. */
  get problem(): string | null {
    if (this.#doubtEpoch !== null) {
      return `An election of epoch ${this.#doubtEpoch} has not ended, and not every Sentinel can be asked whether it leads a failover.`
    }
    return this.#epochs.problem
  }

  /** Keeps the barrier ready, until it is closed. */
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
    if (this.#options.rulesOff.has('pending-election'))
      return performance.now() < this.#doubtSinceMs + HELLO_MS
    const isOver = () =>
      this.#epochs.pendingAfter(primaryEpoch) === null && this.#group.primaryEpoch === primaryEpoch
    await this.#epochs.askAll()
    if (!isOver()) await this.#epochs.readEnded()
    if (isOver()) this.#doubtEpoch = null
    return this.#doubtEpoch !== null
  }

  /**
   * Whether one that did not confirm has done so until lately, or may have, where this process has not run for long enough.
   * INV-TOKENS-16.
   */
  #mayBeForced(missing: readonly string[]): boolean {
    const nowMs = performance.now()
    return missing.some((address) => nowMs - (this.#confirmedMs.get(address) ?? this.#startedMs) < HELLO_MS)
  }
}
