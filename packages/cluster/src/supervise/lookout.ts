import {
  type ChosenPrimary,
  choosePrimary,
  continuesHistory,
  formatAddress,
  namedBySentinels,
  PrimaryHistory,
  RefutedAnnouncements,
} from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { Announcement } from '../redis/sentinels.ts'

/** A primary that answers no more is believed in for so long: Sentinel's failover has ended by then. */
const CHOICE_LASTS_MS = 30_000

/** A Redis, the last that it said of itself, and whether it says so now. */
interface Seen {
  address: string
  view: NodeView
  current: boolean
}

/** Who has replaced whom, by the rule by which the library finds the primary (tokens/redis/primary.ts). Pure: the time is passed in. */
export class Lookout {
  readonly #reigns = new PrimaryHistory()
  readonly #refuted = new RefutedAnnouncements()
  readonly #seen = new Map<string, Seen>()
  #announcements: readonly Announcement[] = []
  #chosen: ChosenPrimary | null = null
  #chosenAtMs = Number.NEGATIVE_INFINITY

  /**
   * Takes in what was seen: of a Redis or Sentinel that did not answer there is nothing. Times are monotonic, in milliseconds.
   * Lineage counts here whether or not a newer election is known: an agent hears of one up to a second late, and a replaced
   * primary must be made a replica before a Sentinel undoes the promotion (seed 7 of the campaign, with that condition).
   */
  note(views: readonly NodeView[], announcements: readonly Announcement[], nowMs: number): void {
    this.#announcements = announcements
    for (const seen of this.#seen.values()) seen.current = false
    for (const view of views) {
      const address = formatAddress(view.address)
      this.#seen.set(address, { address, view, current: true })
    }
    const nodes = [...this.#seen.values()]
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
    } else if (nowMs - this.#chosenAtMs > CHOICE_LASTS_MS) this.#chosen = null
  }

  /**
   * That Redis and who has replaced it, if it still calls itself primary and the other one was promoted out of its
   * history; else null. One of another history is left to Sentinel: to follow it would be to lose one's own.
   */
  replaced(address: string): { old: NodeView; successor: NodeView } | null {
    const old = this.#seen.get(address)
    const successor = this.#chosen === null ? undefined : this.#seen.get(this.#chosen.address)
    if (!old?.current || !successor?.current || old.view.role !== 'primary') return null
    return continuesHistory(successor, old) ? { old: old.view, successor: successor.view } : null
  }

  /** Whether a Sentinel has not heard who is primary now; null when it did not answer, or nobody knows. */
  isBehind(sentinel: string): boolean | null {
    const own = this.#announcements.find((answer) => formatAddress(answer.sentinel) === sentinel)
    if (own === undefined || this.#chosen === null) return null
    return own.primaryAddress !== this.#chosen.address && own.configEpoch <= this.#chosen.epoch
  }
}
