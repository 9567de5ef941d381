import type { ReplicationView } from './replication.ts'

/** The last that is known of one node. */
export interface NodeObservation {
  address: string
  /** The last view, or null when the node was never seen. */
  view: ReplicationView | null
  /** Whether the view may be acted upon: the node answers now and its data set is this group's. */
  current: boolean
}

/** What one Sentinel that answers now says. */
export interface SentinelObservation {
  primaryAddress: string
  configEpoch: number
  /** Sentinel's own limits for this group. */
  failoverTimeoutMs: number
  downAfterMs: number
}

/**
 * Which node is the primary, or null when that cannot be told yet. Pure.
 *
 * A node is a candidate when it answers and calls itself primary. Its own word is not enough: a deposed
 * primary that was hung still says so for seconds (FACTS: 9 to 11 s). Two witnesses decide:
 * - lineage: a promoted replica's `replid2` is the `replid` of the primary that it replaced, so of two
 *   primaries the one that continues the other's history is the newer one, also while the Sentinels still
 *   name the other;
 * - the Sentinels: the address with the highest configuration epoch.
 *
 * So a candidate is chosen when the Sentinels name it, or when it continues the history of the node that
 * they name; and never when another node is known to continue its own history.
 */
export function choosePrimary(nodes: NodeObservation[], sentinels: SentinelObservation[]): string | null {
  const candidates = nodes.filter((node) => node.current && node.view?.role === 'primary')
  const named = namedBySentinels(sentinels)
  const namedNode = nodes.find((node) => node.address === named)
  const chosen = candidates.filter(
    (candidate) =>
      !nodes.some((other) => continues(other, candidate)) &&
      (candidate.address === named || (namedNode !== undefined && continues(candidate, namedNode))),
  )
  // Two that both continue the named one's history: a second failover is under way. Wait for its end.
  return chosen.length === 1 ? (chosen[0]?.address ?? null) : null
}

/** The address that the Sentinels with the highest configuration epoch name. */
export function namedBySentinels(sentinels: SentinelObservation[]): string | null {
  let best: SentinelObservation | null = null
  for (const sentinel of sentinels) {
    if (best === null || sentinel.configEpoch > best.configEpoch) best = sentinel
  }
  return best?.primaryAddress ?? null
}

/** Whether `newer` was promoted out of the history in which `older` is primary. */
function continues(newer: NodeObservation, older: NodeObservation): boolean {
  return (
    newer.address !== older.address &&
    newer.view?.role === 'primary' &&
    older.view !== null &&
    newer.view.replid2 === older.view.replid &&
    newer.view.replid !== older.view.replid
  )
}
