import type { ReplicationView } from './replication.ts'

/** What is known of one node. */
export interface NodeObservation {
  address: string
  /** The last view, or null when the node was never seen. */
  view: ReplicationView | null
  /** Whether the view may be acted upon: the node answers now and its data set is this group's. */
  current: boolean
  /** The newest epoch that was announced when it was last seen as a replica; null: it never was. */
  replicaEpoch: number | null
  /** The newest epoch under which it was chosen or named since it was a replica; null: under none. */
  reignEpoch: number | null
}

/** What one Sentinel that answers now says. */
export interface SentinelObservation {
  primaryAddress: string
  configEpoch: number
  /** Sentinel's own limits for this group. */
  failoverTimeoutMs: number
  downAfterMs: number
}

/** The primary, and the configuration epoch under which it is announced, or will be. */
export interface ChosenPrimary {
  address: string
  epoch: number
}

/**
 * Which node is the primary, or null when that cannot be told yet. Pure.
 *
 * A node is a candidate when it answers and calls itself primary. Its own word is not enough: a deposed
 * primary that was hung still says so for seconds (9 to 11 s, FACT-14). Three witnesses decide:
 * - the Sentinels: the address with the highest configuration epoch;
 * - lineage: a promoted replica's `replid2` is the `replid` of the primary that it replaced, so of two
 *   primaries the one that continues the other's history is the newer one, also while the Sentinels still
 *   name the other. Its epoch is one more: an epoch has one leader, and the leader promotes one replica. It counts
 *   only for one that was seen as a replica under that announcement: Sentinel elects a deposed primary that nobody has
 *   made a replica yet as if it were one, and its history stays the one that its successor continues;
 * - the last one that was chosen: a primary that died, was replaced and is back has begun a new history, so its
 *   lineage is gone, and the Sentinels may still name it. It is not believed until they name it with a newer epoch,
 *   or until who replaced it says that it is a replica again.
 *
 * So the candidate with the highest epoch is chosen, and never one whose history another node continues.
 * INV-TOKENS-9, INV-TOKENS-34.
 */
export function choosePrimary(
  nodes: readonly NodeObservation[],
  sentinels: readonly SentinelObservation[],
  last: ChosenPrimary | null = null,
  newestElection = Number.POSITIVE_INFINITY,
): ChosenPrimary | null {
  const named = namedBySentinels(sentinels)
  const namedNode = nodes.find((node) => node.address === named?.address)
  /** The named one was elected again, over that one: it is not replaced by it. */
  const isDeposed = ({ reignEpoch }: NodeObservation) =>
    named !== null && reignEpoch !== null && reignEpoch < named.epoch
  const isSuccessor = (newer: NodeObservation, older: NodeObservation) =>
    continuesHistory(newer, older) &&
    named !== null &&
    newestElection > named.epoch &&
    (newer.replicaEpoch ?? -1) >= named.epoch
  const isReplaced = (candidate: NodeObservation) =>
    nodes.some(
      (other) =>
        continuesHistory(other, candidate) && !(candidate.address === named?.address && isDeposed(other)),
    )
  const incumbent = saysItIsReplica(nodes, last?.address) ? null : last
  const epochOf = (candidate: NodeObservation): number | null => {
    if (candidate.address === named?.address) return named.epoch
    if (named !== null && namedNode !== undefined && isSuccessor(candidate, namedNode)) return named.epoch + 1
    const keepsItsPlace =
      candidate.address === incumbent?.address && (named === null || named.epoch < incumbent.epoch)
    return keepsItsPlace ? incumbent.epoch : null
  }
  const chosen = nodes.flatMap((candidate) => {
    const epoch = epochOf(candidate)
    const isPrimary = candidate.current && candidate.view?.role === 'primary'
    if (!isPrimary || epoch === null || isReplaced(candidate)) return []
    return mayReplace(incumbent, candidate, epoch, nodes) ? [{ address: candidate.address, epoch }] : []
  })
  const newest = Math.max(...chosen.map(({ epoch }) => epoch))
  const best = chosen.filter(({ epoch }) => epoch === newest)
  // Two of the same epoch both continue one history: a second failover is under way. Wait for its end.
  return best.length === 1 ? (best[0] ?? null) : null
}

/**
 * The address that the Sentinels with the highest configuration epoch name; null when none has spoken, or when
 * these do not agree, which passes: one of them was asked in the middle of a change.
 */
export function namedBySentinels(sentinels: readonly SentinelObservation[]): ChosenPrimary | null {
  const epoch = Math.max(...sentinels.map(({ configEpoch }) => configEpoch))
  const addresses = new Set(
    sentinels.flatMap(({ configEpoch, primaryAddress }) => (configEpoch === epoch ? [primaryAddress] : [])),
  )
  const [address] = addresses
  return address !== undefined && addresses.size === 1 ? { address, epoch } : null
}

function mayReplace(
  incumbent: ChosenPrimary | null,
  candidate: NodeObservation,
  epoch: number,
  nodes: readonly NodeObservation[],
): boolean {
  if (incumbent === null || candidate.address === incumbent.address || epoch > incumbent.epoch) return true
  return nodes.some((node) => node.address === incumbent.address && continuesHistory(candidate, node))
}

function saysItIsReplica(nodes: readonly NodeObservation[], address: string | undefined): boolean {
  return nodes.some((node) => node.address === address && node.current && node.view?.role === 'replica')
}

/** Whether `newer` was promoted out of the history in which `older` is primary. */
export function continuesHistory(
  newer: Pick<NodeObservation, 'address' | 'view'>,
  older: Pick<NodeObservation, 'address' | 'view'>,
): boolean {
  return (
    newer.address !== older.address &&
    newer.view?.role === 'primary' &&
    older.view !== null &&
    newer.view.replid2 === older.view.replid &&
    newer.view.replid !== older.view.replid
  )
}
