import type { NodeObservation, SentinelObservation } from './primary.ts'

/**
 * How many consecutive answers of a node must report that it is a replica. The first one may be older than the
 * announcement.
 */
const ANSWERS = 2

interface Claim {
  /** The last answer of the node that was counted. */
  view: NodeObservation['view']
  /**
   * How many consecutive answers of the node, since the announcement was first received, report that it is a
   * replica.
   */
  asReplica: number
}

/**
 * Decides which announcements count when Sentinels name different primaries in the newest epoch. Usually they
 * agree, because an epoch has one leader, and it promotes one replica. A leader that was paused can disagree
 * permanently (FACT-24). It learns of a newer election that promoted the node that it watches, and takes over that
 * epoch (sentinelProcessHelloMessage changes the address only when it differs). Then it completes its own failover
 * to another node, in that epoch. No later hello changes that. `SENTINEL MONITOR` with a wrong address has the same
 * effect.
 *
 * Sentinel announces a node only after it has seen the node as a primary, so a node that answers as a replica
 * afterwards is not the primary any more. Such an announcement is ignored as long as it contradicts another one.
 * INV-TOKENS-35.
 */
export class RefutedAnnouncements {
  #claims = new Map<string, Claim>()

  /** Returns the announcements that count, by the current answers of the nodes. Must be called after each answer. */
  believed<S extends Pick<SentinelObservation, 'primaryAddress' | 'configEpoch'>>(
    nodes: readonly Pick<NodeObservation, 'address' | 'view'>[],
    announcements: readonly S[],
  ): S[] {
    const epoch = Math.max(...announcements.map(({ configEpoch }) => configEpoch))
    const newest = announcements.filter(({ configEpoch }) => configEpoch === epoch)
    const named = new Set(newest.map(({ primaryAddress }) => primaryAddress))
    const known = this.#claims
    this.#claims = new Map()
    if (named.size < 2) return [...announcements]
    for (const address of named) {
      const view = nodes.find((node) => node.address === address)?.view ?? null
      this.#claims.set(`${epoch} ${address}`, next(known.get(`${epoch} ${address}`), view))
    }
    const isRefuted = ({ primaryAddress, configEpoch }: S) =>
      (this.#claims.get(`${configEpoch} ${primaryAddress}`)?.asReplica ?? 0) >= ANSWERS
    return newest.every(isRefuted) ? [...announcements] : announcements.filter((one) => !isRefuted(one))
  }
}

function next(claim: Claim | undefined, view: Claim['view']): Claim {
  if (claim === undefined) return { view, asReplica: 0 }
  if (view === claim.view) return claim
  return { view, asReplica: view?.role === 'replica' ? claim.asReplica + 1 : 0 }
}
