import type { Deadline } from '../deadline.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import type { Node } from '../redis/node.ts'
import type { EpochBarrier } from './barrier.ts'
import type { Known } from './cache.ts'

/** Most tombstones that wait for a beat; one that is dropped is settled when it is asked for. */
const MOST_WAITING = 10_000
const NEXT_LOOK_MS = 20
const LOOK_MS = 150

interface Waiting {
  known: Known
  heardAtMs: number
  generation: number
}

export interface SettlingOptions {
  barrier: EpochBarrier
  /** Whether the node holds the tombstone under a key, in a data set that counts. Rejects when it cannot be asked. */
  holdsTombstone: (node: Node, key: string, timeoutMs: number) => Promise<boolean>
}

/**
 * A tombstone that was read or heard need not stay: it may be on one node alone, which is about to be replaced.
 * Who has called a token revoked must never call it active again, so a tombstone is told only when it is settled,
 * by the same rules by which a write is acknowledged (store/commit.ts), or when a process says that it was acknowledged
 * to it (store/settled-news.ts). A beat that every planned replica has confirmed settles, without a question, all that
 * was heard before it was sent.
 * INV-TOKENS-45.
 */
export class Settling {
  readonly #group: ReplicaGroup
  readonly #options: SettlingOptions
  #waiting: Waiting[] = []

  constructor(group: ReplicaGroup, options: SettlingOptions) {
    this.#group = group
    this.#options = options
  }

  /** A tombstone was on the primary at this time, in this generation of the feed. */
  heard(known: Known, heardAtMs: number, generation: number): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ known, heardAtMs, generation })
  }

  /** Every planned replica has confirmed what the primary had when a beat was sent. */
  confirmed(sentAtMs: number, generation: number): void {
    this.#waiting = this.#waiting.filter((waiting) => {
      if (waiting.generation !== generation) return waiting.generation > generation
      if (waiting.heardAtMs <= sentAtMs) waiting.known.settled = true
      return waiting.heardAtMs > sentAtMs
    })
  }

  /** Looks until the tombstone is where it is sure to stay. Answers whether it is, by the deadline. */
  async settle(key: string, known: Known, deadline: Deadline): Promise<boolean> {
    while (!known.settled && !deadline.isOver) {
      if (await this.#isSettled(key, deadline)) known.settled = true
      else await deadline.pause(NEXT_LOOK_MS)
    }
    return known.settled
  }

  async #isSettled(key: string, deadline: Deadline): Promise<boolean> {
    const { nodes, primaryAddress, term } = this.#group
    const timeoutMs = Math.max(1, Math.min(LOOK_MS, deadline.remainingMs))
    const holds = await Promise.all(
      nodes.map((node) => this.#options.holdsTombstone(node, key, timeoutMs).catch(() => null)),
    )
    if (this.#group.term !== term || nodes.length === 0) return false
    // A primary that lacks it makes the others like itself.
    const atPrimary = holds[nodes.findIndex(({ address }) => address === primaryAddress)] ?? null
    if (atPrimary === false) return false
    const holders = holds.filter((held) => held === true).length
    // Every planned replica has it: then every replica that may be promoted has it.
    const replicas = holders - (atPrimary === true ? 1 : 0)
    if (holders > 0 && replicas >= this.#group.plannedReplicas && this.#group.knowsMembers) return true
    const missing = nodes.flatMap(({ address }, index) =>
      holds[index] === true || address === primaryAddress ? [] : [address],
    )
    const isClear =
      atPrimary === true &&
      holders >= this.#group.readQuorum &&
      (await this.#options.barrier.isClear(missing))
    // The barrier may have become clear by a change of primary, to one that was not looked at.
    return isClear && this.#group.term === term
  }
}
