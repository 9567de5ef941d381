import { StoreUnavailableError } from '../../errors.ts'
import type { Reply } from '../../redis/connection.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { confirmers, parseReplication, type ReplicationView } from '../../redis/replication.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import type { EpochBarrier } from './barrier.ts'
import { BATCH_TIMEOUT_MS, type ConfirmedConnection } from './write-connection.ts'

/** Which replicas have confirmed a batch. */
export interface Confirmation {
  /** Whether every planned replica has it. */
  complete: boolean
  /** Whether enough members have it: together with the primary they are a majority. */
  followed: boolean
  /** The planned replicas that have not confirmed it. */
  missing: string[]
}

/** How long a batch waits for all connected replicas. After that, one replica that has it is enough. */
const ALL_REPLICAS_MS = 300
/** Batches do not wait for a replica that has not confirmed anything for longer (in seconds). */
const MAX_LAG_SECONDS = 1
/** How long writes do not wait for a replica after it did not confirm in time. */
const RELUCTANT_MS = 1000

/** Waits for the replicas that a batch needs, and decides which of their confirmations count. */
export class ReplicaConfirmation {
  readonly #group: ReplicaGroup
  readonly #barrier: EpochBarrier
  readonly #rules: SafetyPolicy
  #reluctantUntilMs = 0

  constructor(group: ReplicaGroup, barrier: EpochBarrier, rules: SafetyPolicy) {
    this.#group = group
    this.#barrier = barrier
    this.#rules = rules
  }

  /**
   * Waits until replicas have everything that was sent on this socket before, and asks the primary which replicas
   * these are. WAIT counts every connected replica, even one that no Sentinel would promote, and such a replica
   * proves nothing (FACT-10). If it throws, the connection must not be used again: it is unknown whether the WAIT ran,
   * and no later WAIT can show it, because WAIT refers to writes of its own connection (FACT-7).
   * INV-TOKENS-17.
   */
  async wait(writer: ConfirmedConnection): Promise<Confirmation> {
    const { node, connection } = writer
    const sentAtMs = performance.now()
    const { wanted, foreign } = this.#replicasToWaitFor(writer)
    const waiting = connection.send(['WAIT', String(wanted), String(ALL_REPLICAS_MS)], BATCH_TIMEOUT_MS)
    const looking: Promise<Reply> | string = this.#rules.members
      ? connection.send(['INFO', 'replication'], BATCH_TIMEOUT_MS)
      : ''
    const [count, info] = await Promise.all([waiting, looking])
    const confirmed = Number(count)
    if (confirmed < wanted) {
      this.#reluctantUntilMs = performance.now() + RELUCTANT_MS
      this.#group.alert()
    }
    const planned = this.#group.plannedFollowers(node.address)
    if (!this.#rules.members) return this.#confirmation(confirmed, planned)
    const view = parseReplication(String(info))
    if (view.replid !== writer.replid) {
      // The node was a replica of another node meanwhile, and may have discarded the earlier writes.
      throw new StoreUnavailableError(`${node.address} has been a replica.`)
    }
    writer.view = view
    const has = new Set(confirmers(view, confirmed).filter((address) => !this.#group.isUnsupported(address)))
    const members = planned.filter((address) => has.has(address))
    this.#barrier.noteConfirmed(members, sentAtMs)
    const confirmation = this.#confirmation(
      members.length,
      planned.filter((address) => !has.has(address)),
    )
    // An unexpected replica that is not a member ended the WAIT before a member could confirm. Try again.
    return foreignIn(view, planned) > foreign ? { ...confirmation, followed: false } : confirmation
  }

  // INV-TOKENS-18: majority.
  #confirmation(count: number, missing: string[]): Confirmation {
    return {
      complete: count >= this.#group.plannedReplicas && this.#group.knowsMembers,
      followed: count >= this.#group.leastReplicas,
      missing,
    }
  }

  /**
   * How many replicas a batch waits for: all connected replicas that keep up, but at least the required number plus
   * the replicas that are not members.
   */
  #replicasToWaitFor({ node, view: lastView }: ConfirmedConnection): { wanted: number; foreign: number } {
    const view = lastView ?? node.view
    const foreign = view === null ? 0 : foreignIn(view, this.#group.plannedFollowers(node.address))
    const least = this.#group.leastReplicas + foreign
    const keepUp = view?.replicas.filter(({ lagSeconds }) => lagSeconds <= MAX_LAG_SECONDS).length ?? 0
    return { wanted: performance.now() < this.#reluctantUntilMs ? least : Math.max(least, keepUp), foreign }
  }
}

/** The number of connected replicas that are not members of the group. */
function foreignIn({ replicas }: ReplicationView, planned: readonly string[]): number {
  return replicas.filter(({ address }) => !planned.includes(address)).length
}
