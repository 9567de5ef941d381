import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import { type FollowOptions, pointToPromoted } from './follow.ts'

export interface HastenOptions extends FollowOptions {
  sentinels: readonly NodeAddress[]
  askSentinel: (sentinel: NodeAddress) => Promise<SentinelAnswer>
  /** The views of every Redis that answers, without asking the one at that address. */
  viewsWithout: (address: string) => Promise<NodeView[]>
}

const LOOK_MS = 100
/** While a failover is under way. */
const LOOK_CLOSELY_MS = 25

/**
 * As soon as a failover has promoted a replica, points the others to it, which Sentinel itself does up to a second
 * later (it looks once a second): a write that needs a replica waits for that. It does nothing but what the Sentinel
 * that leads the failover is about to do, and only from the moment on at which the promoted one has become primary. Asks
 * each Sentinel by itself, so that a hung one holds nobody up. Rejects when the signal aborts.
 * INV-AGENT-10.
 */
export async function hastenFailovers(options: HastenOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(options.sentinels.map((sentinel) => hastenThoseOf(sentinel, options, signal)))
}

async function hastenThoseOf(
  sentinel: NodeAddress,
  options: HastenOptions,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    signal.throwIfAborted()
    // One that does not answer leads nothing that could be hastened.
    const answer = await options.askSentinel(sentinel).catch(() => null)
    const leads = answer?.failingOver === true
    if (leads) await hasten(answer.primary, options)
    await sleep(leads ? LOOK_CLOSELY_MS : LOOK_MS, undefined, { signal })
  }
}

async function hasten(replaced: string, options: HastenOptions): Promise<void> {
  const views = await options.viewsWithout(replaced)
  const followers = views.filter(({ primaryAddress }) => primaryAddress === replaced)
  const primaries = views.filter(
    ({ role, address }) => role === 'primary' && formatAddress(address) !== replaced,
  )
  const [promoted] = primaries
  if (promoted === undefined || primaries.length > 1) return
  // A primary of another history is none that this failover has promoted.
  const itsOwn = followers.filter(({ replid }) => replid === promoted.replid2)
  await pointToPromoted(itsOwn, promoted, options)
}
