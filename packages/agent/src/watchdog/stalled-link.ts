import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'

export interface StalledLinkOptions {
  /** The Redis of this agent. While it is the primary, there is no link. */
  replica: NodeAddress
  /** Every planned Redis. */
  all: readonly NodeAddress[]
  /** The view of one Redis. Rejects when it does not answer within `timeoutMs`. */
  view: (node: NodeAddress, timeoutMs: number) => Promise<NodeView>
  sendToNode: (node: NodeAddress, command: string[]) => Promise<unknown>
  log: (event: string, details: Record<string, unknown>) => void
}

const POLL_INTERVAL_MS = 100
/** After this time without new data, the primary is asked whether it has more. */
const QUIET_MS = 400
/** After this time in which the primary had more and no data arrived, the link counts as stalled. */
const STALLED_MS = 150
/** Deadline of a view. A short one detects sooner that a primary is reachable again. */
const VIEW_TIMEOUT_MS = 250
/** How long to leave a link alone after a reconnect. */
const RECONNECT_COOLDOWN_MS = 2000

/**
 * Makes a replica reconnect to its primary when no data arrives over their link, although the primary answers and has more.
 * Rejects when the signal aborts.
 *
 * After a network cut TCP retransmits at growing intervals, after 0.2, 0.6, 1.4 and 3 s (FACT-15). After a cut of 1.5 s,
 * replication stood still and no login was acknowledged for another 1.5 s. A new connection continues where the old one
 * stopped (a partial resynchronisation).
 * INV-AGENT-12.
 */
export async function reconnectStalledLink(options: StalledLinkOptions, signal: AbortSignal): Promise<never> {
  const { replica, all, sendToNode, log } = options
  const link = new ReplicationLink()
  for (;;) {
    signal.throwIfAborted()
    link.observeReplica(await viewOf(replica, options), performance.now())
    const primary = all.find((other) => formatAddress(other) === link.primaryAddress)
    if (primary !== undefined && link.isQuiet(performance.now())) {
      link.observePrimary(await viewOf(primary, options), performance.now())
      if (link.isStalled(performance.now())) {
        const answer = await sendToNode(replica, ['CLIENT', 'KILL', 'TYPE', 'master']).then(
          () => 'OK',
          (error: unknown) => String(error),
        )
        log('dialled a silent primary anew', { replica: replica.host, primary: primary.host, answer })
        link.startCooldown(performance.now())
      }
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
}

/** The view of a Redis; null when it does not answer. */
const viewOf = (node: NodeAddress, { view }: StalledLinkOptions): Promise<NodeView | null> =>
  view(node, VIEW_TIMEOUT_MS).catch(() => null)

/** The observed state of the link between a replica and its primary. Times are monotonic, in milliseconds. */
export class ReplicationLink {
  #replica: NodeView | null = null
  #quietSinceMs = 0
  #behindSinceMs: number | null = null
  #cooldownUntilMs = 0

  /** The primary at the other end, or null when there is no link to watch. */
  get primaryAddress(): string | null {
    return this.#replica?.primaryAddress ?? null
  }

  /** Takes in the replica's view; null when it did not answer. */
  observeReplica(view: NodeView | null, nowMs: number): void {
    const replica = view?.role === 'replica' && view.linkUp ? view : null
    const same =
      replica !== null &&
      replica.offset === this.#replica?.offset &&
      replica.primaryAddress === this.#replica.primaryAddress
    if (!same) {
      this.#quietSinceMs = nowMs
      this.#behindSinceMs = null
    }
    this.#replica = replica
  }

  /** Takes in the primary's view; null when it did not answer. */
  observePrimary(view: NodeView | null, nowMs: number): void {
    const hasMore =
      view !== null &&
      view.role === 'primary' &&
      view.replid === this.#replica?.replid &&
      view.offset > this.#replica.offset
    this.#behindSinceMs = hasMore ? (this.#behindSinceMs ?? nowMs) : null
  }

  /** No data has arrived for a while. Perhaps there is none. */
  isQuiet(nowMs: number): boolean {
    return this.#replica !== null && nowMs - this.#quietSinceMs >= QUIET_MS && nowMs >= this.#cooldownUntilMs
  }

  isStalled(nowMs: number): boolean {
    return this.#behindSinceMs !== null && nowMs - this.#behindSinceMs >= STALLED_MS
  }

  /** Leaves the link alone for a while after a reconnect. */
  startCooldown(nowMs: number): void {
    this.#cooldownUntilMs = nowMs + RECONNECT_COOLDOWN_MS
    this.#behindSinceMs = null
  }
}
