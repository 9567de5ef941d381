import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { Announcement } from '../redis/sentinels.ts'
import { PrimaryTracker } from './primary-tracker.ts'
import { type RepointOptions, repointReplicas } from './repoint-replicas.ts'
import { LONG_PUBLISH_PERIOD_COMMAND, PERIODS_COMMAND } from './sentinel-settings.ts'

export interface DemoteReplacedOptions extends RepointOptions {
  /** The Redis and Sentinels of this agent: those of its host, or all of them on one machine. */
  own: { redis: readonly NodeAddress[]; sentinels: readonly NodeAddress[] }
  /** The views of every Redis that answers in time. */
  views: () => Promise<NodeView[]>
  /** The announcements of every Sentinel that answers in time. */
  announcements: () => Promise<Announcement[]>
  sendToSentinel: (sentinel: NodeAddress, command: string[]) => Promise<unknown>
}

const POLL_INTERVAL_MS = 200
/** How often to set a Sentinel's periods again, because a restarted Sentinel has its own. */
const PERIODS_INTERVAL_MS = 2000

/**
 * Keeps a promotion from being undone before every Sentinel knows it. Rejects when the signal aborts.
 *
 * While the leader of a failover hangs, another Sentinel may not know the promotion. That Sentinel makes the promoted
 * Redis a replica again when the Redis has called itself primary for four `publish-period`s, and the old primary answers and
 * calls itself primary (FACT-22). Acknowledged writes at the promoted Redis are then lost
 * (seed 2255 of the fault campaign). Two measures prevent this:
 * - A replaced primary that is back becomes a replica of its successor at once, instead of after the failover.
 * - A Sentinel has a long `publish-period` while it does not know the current primary. The leader may hang for longer
 *   than any short period, and then the old primary need only answer. Otherwise the Sentinel has its usual periods.
 * INV-AGENT-13.
 */
export async function demoteReplacedPrimaries(
  options: DemoteReplacedOptions,
  signal: AbortSignal,
): Promise<never> {
  const { own, views, announcements, sendToSentinel } = options
  const tracker = new PrimaryTracker()
  const periods = own.sentinels.map((sentinel) => new SentinelPeriods(sentinel, sendToSentinel))
  for (;;) {
    signal.throwIfAborted()
    tracker.observe(...(await Promise.all([views(), announcements()])), performance.now())
    for (const address of own.redis) {
      const replaced = tracker.replaced(formatAddress(address))
      if (replaced !== null) await repointReplicas([replaced.old], replaced.successor, options)
    }
    await Promise.all(periods.map((one) => one.keep(tracker.isBehind(one.of))))
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
}

/** Keeps the periods of one Sentinel. */
class SentinelPeriods {
  readonly of: string
  readonly #sentinel: NodeAddress
  readonly #send: DemoteReplacedOptions['sendToSentinel']
  #isLong = false
  #sentAtMs = Number.NEGATIVE_INFINITY

  constructor(sentinel: NodeAddress, send: DemoteReplacedOptions['sendToSentinel']) {
    this.of = formatAddress(sentinel)
    this.#sentinel = sentinel
    this.#send = send
  }

  /** Sends the periods again at intervals, and at once when `isBehind` changes. Null: it is not known. */
  async keep(isBehind: boolean | null): Promise<void> {
    const isLong = isBehind ?? this.#isLong
    if (isLong === this.#isLong && performance.now() - this.#sentAtMs < PERIODS_INTERVAL_MS) return
    try {
      await this.#send(this.#sentinel, [...(isLong ? LONG_PUBLISH_PERIOD_COMMAND : PERIODS_COMMAND)])
      this.#isLong = isLong
      this.#sentAtMs = performance.now()
    } catch {
      // A Sentinel that is down gets its periods when it is back.
    }
  }
}
