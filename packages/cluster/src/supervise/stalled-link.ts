import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'

export interface StalledLinkOptions {
  /** The Redis that this process looks after; while it is primary there is no link. */
  replica: NodeAddress
  /** Every Redis, as planned. */
  all: readonly NodeAddress[]
  /** What one says of itself. Rejects when it does not answer in time (in milliseconds). */
  view: (node: NodeAddress, timeoutMs: number) => Promise<NodeView>
  tellNode: (node: NodeAddress, command: string[]) => Promise<unknown>
  log: (event: string, details: Record<string, unknown>) => void
}

const LOOK_MS = 100
/** Without news for so long, the primary is asked whether it has any. */
const QUIET_MS = 400
/** The primary has had more for so long, and still nothing came. */
const STALLED_MS = 150
/** A primary that is cut off is dialled so often: the sooner it is known that it is back. */
const PATIENCE_MS = 250
/** A link that was dialled anew gets this long. */
const REST_MS = 2000

/**
 * Has a replica dial its primary anew when nothing comes over their link although the primary answers and has more.
 * After a cut TCP repeats what was lost later and later, after 0.2, 0.6, 1.4 and 3 s (FACT-15): so when a cut of 1.5 s had ended,
 * nothing was replicated, and no login acknowledged, for another 1.5 s. A new connection asks from where the old one
 * stood on (a partial resynchronisation). Rejects when the signal aborts.
 * INV-AGENT-12.
 */
export async function redialStalledLink(options: StalledLinkOptions, signal: AbortSignal): Promise<never> {
  const { replica, all, tellNode, log } = options
  const link = new Link()
  for (;;) {
    signal.throwIfAborted()
    link.noteReplica(await viewOf(replica, options), performance.now())
    const primary = all.find((other) => formatAddress(other) === link.primaryAddress)
    if (primary !== undefined && link.isQuiet(performance.now())) {
      link.notePrimary(await viewOf(primary, options), performance.now())
      if (link.isStalled(performance.now())) {
        const answer = await tellNode(replica, ['CLIENT', 'KILL', 'TYPE', 'master']).then(
          () => 'OK',
          (error: unknown) => String(error),
        )
        log('dialled a silent primary anew', { replica: replica.host, primary: primary.host, answer })
        link.rest(performance.now())
      }
    }
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** One that does not answer says nothing. */
const viewOf = (node: NodeAddress, { view }: StalledLinkOptions): Promise<NodeView | null> =>
  view(node, PATIENCE_MS).catch(() => null)

/** What was seen of the link between a replica and its primary. Times are monotonic, in milliseconds. */
export class Link {
  #replica: NodeView | null = null
  #quietSinceMs = 0
  #behindSinceMs: number | null = null
  #restUntilMs = 0

  /** The primary at the other end, or null when there is no link to watch. */
  get primaryAddress(): string | null {
    return this.#replica?.primaryAddress ?? null
  }

  /** The replica's view, or null when it did not answer. */
  noteReplica(view: NodeView | null, nowMs: number): void {
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

  /** The primary's view, or null when it did not answer. */
  notePrimary(view: NodeView | null, nowMs: number): void {
    const hasMore =
      view !== null &&
      view.role === 'primary' &&
      view.replid === this.#replica?.replid &&
      view.offset > this.#replica.offset
    this.#behindSinceMs = hasMore ? (this.#behindSinceMs ?? nowMs) : null
  }

  /** Nothing has come for a while: it may be that there is nothing. */
  isQuiet(nowMs: number): boolean {
    return this.#replica !== null && nowMs - this.#quietSinceMs >= QUIET_MS && nowMs >= this.#restUntilMs
  }

  isStalled(nowMs: number): boolean {
    return this.#behindSinceMs !== null && nowMs - this.#behindSinceMs >= STALLED_MS
  }

  /** It was dialled anew, and is left alone for a while. */
  rest(nowMs: number): void {
    this.#restUntilMs = nowMs + REST_MS
    this.#behindSinceMs = null
  }
}
