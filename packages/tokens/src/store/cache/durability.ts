import type { Deadline } from '../../deadline.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import type { Node } from '../../redis/node.ts'
import type { EpochBarrier } from '../commit/barrier.ts'
import type { NearCache } from './near-cache.ts'

/**
 * Maximum number of tombstones that wait for a heartbeat. A tombstone beyond it is checked when a verification
 * needs it.
 */
const MAX_WAITING = 10_000
const NEXT_LOOK_MS = 20
const LOOK_MS = 150

interface Waiting {
  key: string
  heardAtMs: number
  generation: number
}

export interface TombstoneDurabilityOptions {
  barrier: EpochBarrier
  /** Remembers which tombstones are durable. */
  cache: NearCache
  /**
   * Whether the node holds the tombstone under a key, in a data set of this group. Rejects if the node cannot be
   * asked.
   */
  holdsTombstone: (node: Node, key: string, timeoutMs: number) => Promise<boolean>
  /** `tombstoneInFeedOrder` in read/node-queries.ts, which this folder may not import. */
  heldInFeedOrder: (key: string, timeoutMs: number) => Promise<number | null>
}

/**
 * Decides which tombstones are durable. A tombstone that was read or received may be on a single node that is about
 * to be replaced. A process that has answered *revoked* must never answer *active* again, so it uses only durable
 * tombstones. A tombstone is durable by the rules by which a write is acknowledged (store/commit/committer.ts), or when a
 * process announces that it was acknowledged (store/feed/durability-announcer.ts). If every planned replica has
 * confirmed a heartbeat, all tombstones that were received before it was sent are durable, without a query. So is every
 * tombstone on the primary that this process did not receive in that generation of the feed: it is older. A process
 * that has just started knows old logouts in this way, also while a replica hangs.
 * INV-TOKENS-45.
 */
export class TombstoneDurability {
  readonly #group: ReplicaGroup
  readonly #options: TombstoneDurabilityOptions
  #waiting: Waiting[] = []
  /** The last heartbeat that every planned replica has confirmed. */
  #confirmed: { sentAtMs: number; generation: number } | null = null
  /** When the last tombstone was received that is not in `#waiting`, because too many were. */
  #lastOmittedMs = Number.NEGATIVE_INFINITY

  constructor(group: ReplicaGroup, options: TombstoneDurabilityOptions) {
    this.#group = group
    this.#options = options
  }

  /** Notes that the primary had a tombstone at this time, in this generation of the feed. */
  noteHeard(key: string, heardAtMs: number, generation: number): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ key, heardAtMs, generation })
    else this.#lastOmittedMs = heardAtMs
  }

  /** Notes that every planned replica has confirmed what the primary had when a heartbeat was sent. */
  noteConfirmed(sentAtMs: number, generation: number): void {
    this.#confirmed = { sentAtMs, generation }
    this.#waiting = this.#waiting.filter((waiting) => {
      if (waiting.generation !== generation) return waiting.generation > generation
      if (waiting.heardAtMs <= sentAtMs) this.#options.cache.noteDurable(waiting.key)
      return waiting.heardAtMs > sentAtMs
    })
  }

  /** Polls until the tombstone is durable. Returns false if it is not durable at the deadline. */
  async waitUntilDurable(key: string, deadline: Deadline): Promise<boolean> {
    const { cache } = this.#options
    while (!(await this.isDurable(key, deadline))) {
      if (deadline.isOver) return cache.isDurable(key)
      await deadline.pause(NEXT_LOOK_MS)
    }
    return true
  }

  /** Asks once whether the tombstone is durable. False if that is not known. */
  async isDurable(key: string, deadline: Deadline): Promise<boolean> {
    const { cache } = this.#options
    if (cache.isDurable(key)) return true
    if (deadline.isOver || !(await this.#look(key, deadline))) return false
    cache.noteDurable(key)
    return true
  }

  async #look(key: string, deadline: Deadline): Promise<boolean> {
    const { nodes, primaryAddress, term } = this.#group
    const timeoutMs = Math.max(1, Math.min(LOOK_MS, deadline.remainingMs))
    const asked = Promise.all(
      nodes.map((node) => this.#options.holdsTombstone(node, key, timeoutMs).catch(() => null)),
    )
    if (await this.#isOlderThanConfirmed(key, timeoutMs)) return true
    const holds = await asked
    if (this.#group.term !== term || nodes.length === 0) return false
    // The primary lacks it, and the replicas copy the primary.
    const atPrimary = holds[nodes.findIndex(({ address }) => address === primaryAddress)] ?? null
    if (atPrimary === false) return false
    const holders = holds.filter((held) => held === true).length
    // If every planned replica has it, then every replica that may be promoted has it.
    const replicas = holders - (atPrimary === true ? 1 : 0)
    if (holders > 0 && replicas >= this.#group.plannedReplicas && this.#group.knowsMembers) return true
    const missing = nodes.flatMap(({ address }, index) =>
      holds[index] === true || address === primaryAddress ? [] : [address],
    )
    const isClear =
      atPrimary === true &&
      holders >= this.#group.readQuorum &&
      (await this.#options.barrier.isClear(missing))
    // The barrier may have become clear because of a new primary, which was not asked for the tombstone.
    return isClear && this.#group.term === term
  }

  /**
   * Whether every planned replica has the tombstone because it was on the primary before a heartbeat that all of them
   * confirmed. A later tombstone would have been received in that generation of the feed, and would wait here.
   */
  async #isOlderThanConfirmed(key: string, timeoutMs: number): Promise<boolean> {
    if (this.#confirmed === null) return false
    const generation = await this.#options.heldInFeedOrder(key, timeoutMs).catch(() => null)
    const { sentAtMs, generation: confirmed } = this.#confirmed
    return (
      generation === confirmed &&
      this.#lastOmittedMs <= sentAtMs &&
      !this.#waiting.some((waiting) => waiting.key === key)
    )
  }
}
