import type { NodeObservation, SentinelObservation } from './primary.ts'

/** How many answers of a node, one after the other, must say that it is a replica: the first may be older than the claim. */
const ANSWERS = 2

interface Claim {
  /** The last answer of the node that was taken into account. */
  view: NodeObservation['view']
  /** How many of its answers since the claim was first heard say that it is a replica, without any other between them. */
  asReplica: number
}

/**
 * Which announcements count when Sentinels name different primaries in the newest epoch. Usually they agree, because an
 * epoch has one leader, and it promotes one replica. A leader that stood still can disagree for good (FACT-24): it hears of
 * a newer election that promoted the node which it watches, takes over that epoch
 * (sentinelProcessHelloMessage changes the address only when it differs), and then ends its own failover to another node,
 * in that epoch. No later hello changes that. So does an operator's `SENTINEL MONITOR` with a wrong address.
 *
 * Sentinel announces a node only when it has seen it as primary, so a node that answers as a replica afterwards is not
 * primary any more. Such an announcement is left out as long as it contradicts another one.
 * INV-TOKENS-35.
 */
export class RefutedAnnouncements {
  #claims = new Map<string, Claim>()

  /** The announcements that count, by what the nodes answer now. To be called after each answer. */
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
