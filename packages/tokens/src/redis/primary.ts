import type { ReplicationView } from './replication.ts'

/** What this process knows about one node. */
export interface NodeObservation {
  address: string
  /** The last view, or null if the node has never answered. */
  view: ReplicationView | null
  /** Whether the view is current: the node answers now and its data set belongs to this group. */
  current: boolean
  /** The newest announced epoch when it was last seen as a replica, or null if it never was one. */
  replicaEpoch: number | null
  /** The newest epoch under which it was chosen or named since it was last a replica, or null. */
  reignEpoch: number | null
}

/** The answer of one Sentinel that is reachable now. */
export interface SentinelObservation {
  primaryAddress: string
  configEpoch: number
  /** The timeouts that Sentinel uses for this group. */
  failoverTimeoutMs: number
  downAfterMs: number
}

/** The primary, and the configuration epoch under which the Sentinels announce it, or will announce it. */
export interface ChosenPrimary {
  address: string
  epoch: number
}

/**
 * Decides which node is the primary, or returns null if that is not certain. Pure.
 *
 * A node is a candidate if it answers with the role of a primary. Its answer alone is not enough: a deposed primary
 * that was hung still reports this role for seconds (9 to 11 s, FACT-14). Three sources decide:
 * - the Sentinels: the address with the highest configuration epoch;
 * - lineage: the `replid2` of a promoted replica is the `replid` of the primary that it replaced. So if one of two
 *   primaries continues the history of the other, it is the newer one, even while the Sentinels still name the
 *   other. Its epoch is one more: an epoch has one leader, and the leader promotes one replica. Lineage counts only
 *   for a node that was seen as a replica under that announcement. Sentinel can promote a deposed primary before it
 *   has been made a replica, and its history is still the one that its successor continues;
 * - the last chosen primary: if a primary died, was replaced and is back, it has begun a new history, so its
 *   lineage is lost, and the Sentinels may still name it. It is not chosen until they name it with a newer epoch,
 *   or until the node that replaced it reports that it is a replica again.
 *
 * So the candidate with the highest epoch is chosen, and never a node whose history another node continues.
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
  /** Whether the named node was elected again after this node was the primary. Then this node has not replaced it. */
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
  // If two nodes with the same epoch continue one history, a second failover is in progress. Wait until it ends.
  return best.length === 1 ? (best[0] ?? null) : null
}

/**
 * Returns the address that the Sentinels with the highest configuration epoch name. Returns null if no Sentinel has
 * answered, or if these disagree. A disagreement is temporary: one of them was asked in the middle of a change.
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

/** Whether `newer` was promoted from the history in which `older` is the primary. */
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
