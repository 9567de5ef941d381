import {
  type ChosenPrimary,
  choosePrimary,
  continuesHistory,
  formatAddress,
  namedBySentinels,
  PrimaryHistory,
  RefutedAnnouncements,
} from '@holdfast/tokens/redis'
import type { NodeView } from '../../redis/nodes.ts'
import type { Announcement } from '../../redis/sentinels.ts'
import type { Asked } from './rule.ts'

/** How long to keep a chosen primary that no longer answers. Sentinel's failover has ended by then. */
const CHOICE_TTL_MS = 30_000

type View = NodeView & Asked

/** A Redis, its last view, and whether it answers now. */
interface ObservedNode {
  address: string
  view: View
  current: boolean
}

/**
 * Tracks which Redis is the primary and which it replaced, with the library's own rule (tokens/src/redis/primary.ts). Pure: the
 * time is passed in.
 */
export class PrimaryTracker {
  readonly #reigns = new PrimaryHistory()
  readonly #refuted = new RefutedAnnouncements()
  readonly #nodes = new Map<string, ObservedNode>()
  #announcements: readonly Announcement[] = []
  /** The newest announced epoch, and when it was first received. */
  #newest = { epoch: Number.NEGATIVE_INFINITY, atMs: Number.NEGATIVE_INFINITY }
  #chosen: ChosenPrimary | null = null
  #chosenAtMs = Number.NEGATIVE_INFINITY

  /**
   * Takes in one observation, which lacks any Redis or Sentinel that did not answer. A view that did not change since the last
   * observation must be the same object. Times are monotonic, in milliseconds.
   * Lineage counts here whether or not a newer election is known: an agent learns of an election up to a second late, and
   * a replaced primary must become a replica before a Sentinel undoes the promotion (seed 7 of the fault campaign shows
   * the failure with that condition).
   */
  observe(views: readonly View[], announcements: readonly Announcement[], nowMs: number): void {
    this.#announcements = announcements
    this.#update(views)
    const nodes = [...this.#nodes.values()]
    const believed = this.#refuted.believed(nodes, announcements)
    this.#reigns.note(nodes, namedBySentinels(believed))
    const chosen = choosePrimary(
      nodes.map((node) => ({ ...node, ...this.#reigns.of(node.address) })),
      believed,
      this.#chosen,
    )
    if (chosen !== null) {
      this.#reigns.noteEpoch(chosen)
      this.#chosenAtMs = nowMs
      this.#chosen = chosen
    } else if (nowMs - this.#chosenAtMs > CHOICE_TTL_MS) this.#chosen = null
    const epoch = Math.max(...announcements.map(({ configEpoch }) => configEpoch))
    if (epoch > this.#newest.epoch) this.#newest = { epoch, atMs: nowMs }
  }

  #update(views: readonly View[]): void {
    for (const node of this.#nodes.values()) node.current = false
    for (const view of views) {
      const address = formatAddress(view.address)
      const known = this.#nodes.get(address)
      // The library takes a view that arrives after an announcement for newer than it. So this one must not arrive.
      const isOlder = known !== undefined && view.askedAtMs < this.#newest.atMs
      this.#nodes.set(address, { address, view: isOlder ? known.view : view, current: true })
    }
  }

  /**
   * The Redis at that address and its successor, if that Redis still calls itself primary and the successor's history
   * continues its own; otherwise null. A primary with another history is left to Sentinel: following it would discard this
   * Redis' own data.
   */
  replaced(address: string): { old: View; successor: View } | null {
    const old = this.#nodes.get(address)
    const successor = this.#chosen === null ? undefined : this.#nodes.get(this.#chosen.address)
    if (!old?.current || !successor?.current || old.view.role !== 'primary') return null
    return continuesHistory(successor, old) ? { old: old.view, successor: successor.view } : null
  }

  /** Whether a Sentinel does not know the current primary; null when it did not answer or no primary is known. */
  isBehind(sentinel: string): boolean | null {
    const own = this.#announcements.find((answer) => formatAddress(answer.sentinel) === sentinel)
    if (own === undefined || this.#chosen === null) return null
    return own.primaryAddress !== this.#chosen.address && own.configEpoch <= this.#chosen.epoch
  }
}
