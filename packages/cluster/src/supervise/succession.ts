import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { Announcement } from '../redis/sentinels.ts'
import { type FollowOptions, pointToPromoted } from './follow.ts'
import { Lookout } from './lookout.ts'
import { PATIENT_COMMAND, PERIODS_COMMAND } from './sentinel-settings.ts'

export interface SuccessionOptions extends FollowOptions {
  /** The Redis and the Sentinels that this process looks after: those of its host, or on one machine all. */
  own: { redis: readonly NodeAddress[]; sentinels: readonly NodeAddress[] }
  /** What every Redis says of itself that answers in time. */
  views: () => Promise<NodeView[]>
  /** Whom every Sentinel announces that answers in time. */
  announcements: () => Promise<Announcement[]>
  tellSentinel: (sentinel: NodeAddress, command: string[]) => Promise<unknown>
}

const LOOK_MS = 200
/** A Sentinel that was started again has its own periods for so long at most. */
const PERIODS_EVERY_MS = 2000

/**
 * Keeps a promotion from being undone before all have heard of it. A Sentinel that has not, because the leader stands
 * still, makes the promoted replica a replica again, when it has called itself primary for four `publish-period`s and the
 * old primary answers and calls itself primary (FACT-22): what was acknowledged there is
 * gone (seed 2255 of the fault campaign). So:
 * - a primary that was replaced, and is back, is made a replica of its successor at once, instead of when the failover is over;
 * - a Sentinel has a long `publish-period` while it has not heard who is primary: the leader may stand still for longer than
 *   any short one, and then the old primary need only answer. It has its usual periods else.
 *
 * Rejects when the signal aborts.
 * INV-AGENT-13.
 */
export async function watchSuccession(options: SuccessionOptions, signal: AbortSignal): Promise<never> {
  const { own, views, announcements, tellSentinel } = options
  const lookout = new Lookout()
  const periods = own.sentinels.map((sentinel) => new Periods(sentinel, tellSentinel))
  for (;;) {
    signal.throwIfAborted()
    lookout.note(...(await Promise.all([views(), announcements()])), performance.now())
    for (const address of own.redis) {
      const replaced = lookout.replaced(formatAddress(address))
      if (replaced !== null) await pointToPromoted([replaced.old], replaced.successor, options)
    }
    await Promise.all(periods.map((one) => one.keep(lookout.isBehind(one.of))))
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** The periods of one Sentinel. */
class Periods {
  readonly of: string
  readonly #sentinel: NodeAddress
  readonly #tell: SuccessionOptions['tellSentinel']
  #patient = false
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(sentinel: NodeAddress, tell: SuccessionOptions['tellSentinel']) {
    this.of = formatAddress(sentinel)
    this.#sentinel = sentinel
    this.#tell = tell
  }

  /** Tells it again from time to time, and at once when it is behind or no more; null: nothing is known of that. */
  async keep(isBehind: boolean | null): Promise<void> {
    const patient = isBehind ?? this.#patient
    if (patient === this.#patient && performance.now() - this.#toldAtMs < PERIODS_EVERY_MS) return
    try {
      await this.#tell(this.#sentinel, [...(patient ? PATIENT_COMMAND : PERIODS_COMMAND)])
      this.#patient = patient
      this.#toldAtMs = performance.now()
    } catch {
      // One that is down gets them when it is back.
    }
  }
}
