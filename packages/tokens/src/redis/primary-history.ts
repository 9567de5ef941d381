import type { ChosenPrimary, NodeObservation } from './primary.ts'
import type { ReplicationView } from './replication.ts'

type Reign = Pick<NodeObservation, 'replicaEpoch' | 'reignEpoch'>

const UNKNOWN: Reign = { replicaEpoch: null, reignEpoch: null }

/**
 * What this process has seen of each node's past: under which announcement it was last a replica, and since then under
 * which epoch primary.
 */
export class PrimaryHistory {
  readonly #reigns = new Map<string, Reign>()
  #announcedEpoch: number | null = null
  /** What was known of each node when that was heard first: it is from before the announcement. */
  #oldViews = new Map<string, ReplicationView | null>()

  of(address: string): Reign {
    return this.#reigns.get(address) ?? UNKNOWN
  }

  /** Learns from the views of now, and from what the Sentinels say. */
  note(nodes: readonly Pick<NodeObservation, 'address' | 'view'>[], named: ChosenPrimary | null): void {
    if (named !== null && named.epoch > (this.#announcedEpoch ?? -1)) {
      this.#announcedEpoch = named.epoch
      this.#oldViews = new Map(nodes.map(({ address, view }) => [address, view]))
    }
    for (const { address, view } of nodes) {
      if (view?.role !== 'replica') continue
      const isOld = view === this.#oldViews.get(address)
      const replicaEpoch = isOld ? this.of(address).replicaEpoch : this.#announcedEpoch
      this.#reigns.set(address, { replicaEpoch, reignEpoch: null })
    }
    const namedView = nodes.find(({ address }) => address === named?.address)?.view
    // One that is still seen as a replica reigns from when it is seen as primary.
    if (named !== null && namedView?.role !== 'replica') this.noteEpoch(named)
  }

  /** A node was chosen or named under an epoch. */
  noteEpoch({ address, epoch }: ChosenPrimary): void {
    const { replicaEpoch, reignEpoch } = this.of(address)
    this.#reigns.set(address, { replicaEpoch, reignEpoch: Math.max(epoch, reignEpoch ?? 0) })
  }
}
