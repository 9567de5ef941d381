import { formatAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../../redis/nodes.ts'
import { type Asked, type Decision, decideForEach, defineRule, type Observation } from './rule.ts'

/** After this time without new data, the primary is asked whether it has more. */
const QUIET_MS = 400
/** After this time in which the primary had more and no data arrived, the link counts as stalled. */
const STALLED_MS = 150
/** How long to leave a link alone after a reconnect. */
const RECONNECT_COOLDOWN_MS = 2000

type View = NodeView & Asked

/** The observed state of the link between a replica and its primary. */
interface Link {
  /** The replica's last view; null while there is no link to watch. */
  replica: View | null
  /** Since when no data has arrived. */
  quietSinceMs: number
  /** Since when the primary has had more; null when it has not. */
  behindSinceMs: number | null
  /** When the primary was asked for the last view that was counted. */
  countedAtMs: number
  cooldownUntilMs: number
}

const START: Link = {
  replica: null,
  quietSinceMs: 0,
  behindSinceMs: null,
  countedAtMs: Number.NEGATIVE_INFINITY,
  cooldownUntilMs: Number.NEGATIVE_INFINITY,
}

/**
 * Makes a replica reconnect to its primary when no data arrives over their link, although the primary answers and has more.
 *
 * After a network cut TCP retransmits at growing intervals, after 0.2, 0.6, 1.4 and 3 s (FACT-15). After a cut of 1.5 s,
 * nothing was replicated and no login was acknowledged for another 1.5 s. A new connection continues where the old one
 * stopped (a partial resynchronisation). The link is closed on a new answer of the primary only: a connection attempt to a
 * primary that is still cut off would cost a second.
 * INV-AGENT-12.
 */
export const reconnectStalledLinks = defineRule<ReadonlyMap<string, Link>>({
  name: 'reconnect stalled links',
  needs: ['views'],
  initial: () => new Map(),
  decide: ({ nowMs, own, plan, views }, links) =>
    decideForEach(
      own.redis.map((redis) => [formatAddress(redis), redis]),
      links,
      (redis, link = START) =>
        decideOne(withReplica(link, viewOf(formatAddress(redis), views), nowMs), { nowMs, plan, views }),
    ),
})

function decideOne(
  link: Link,
  { nowMs, plan, views }: Pick<Observation, 'nowMs' | 'plan' | 'views'>,
): Decision<Link> {
  const address = link.replica?.primaryAddress
  const primary = plan.redis.find((other) => formatAddress(other) === address)
  const isQuiet = nowMs - link.quietSinceMs >= QUIET_MS && nowMs >= link.cooldownUntilMs
  if (link.replica === null || primary === undefined || !isQuiet) return { actions: [], memory: link }
  const view = viewOf(formatAddress(primary), views)
  if (view === null) return { actions: [], memory: { ...link, behindSinceMs: null } }
  // An older view of the replica may lack data that has arrived since, for example because the replica itself hangs.
  if (view.askedAtMs <= link.countedAtMs || link.replica.askedAtMs < view.askedAtMs)
    return { actions: [], memory: link }
  const observed = { ...withPrimary(link, view, nowMs), countedAtMs: view.askedAtMs }
  if (observed.behindSinceMs === null || nowMs - observed.behindSinceMs < STALLED_MS)
    return { actions: [], memory: observed }
  return {
    actions: [{ kind: 'redial', replica: link.replica.address, primary, seenAtMs: nowMs }],
    memory: { ...observed, behindSinceMs: null, cooldownUntilMs: nowMs + RECONNECT_COOLDOWN_MS },
  }
}

/** Takes in the replica's view; null when it did not answer. */
function withReplica(link: Link, view: View | null, nowMs: number): Link {
  const replica = view?.role === 'replica' && view.linkUp ? view : null
  const isUnchanged =
    replica !== null &&
    replica.offset === link.replica?.offset &&
    replica.primaryAddress === link.replica.primaryAddress
  return isUnchanged ? { ...link, replica } : { ...link, replica, quietSinceMs: nowMs, behindSinceMs: null }
}

/** Takes in a new view of the primary. */
function withPrimary(link: Link, view: View, nowMs: number): Link {
  const hasMore =
    view.role === 'primary' && view.replid === link.replica?.replid && view.offset > link.replica.offset
  return { ...link, behindSinceMs: hasMore ? (link.behindSinceMs ?? nowMs) : null }
}

const viewOf = (address: string, views: Observation['views']): View | null =>
  views.find((view) => formatAddress(view.address) === address) ?? null
