import type { ChosenPrimary, NodeObservation } from './primary.ts'
import type { ReplicationView } from './replication.ts'

type Reign = Pick<NodeObservation, 'replicaEpoch' | 'reignEpoch'>

const UNKNOWN: Reign = { replicaEpoch: null, reignEpoch: null }

/**
 * The history of each node as this process has seen it: the epoch that was announced when it was last a replica,
 * and the epoch under which it has been the primary since.
 */
export class PrimaryHistory {
  readonly #reigns = new Map<string, Reign>()
  #announcedEpoch: number | null = null
  /** The views of the nodes when that announcement was first received. They are older than the announcement. */
  #oldViews = new Map<string, ReplicationView | null>()

  of(address: string): Reign {
    return this.#reigns.get(address) ?? UNKNOWN
  }

  /** Updates the history from the current views and the Sentinels' announcements. */
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
    // If a node still answers as a replica, its epoch starts when it answers as the primary.
    if (named !== null && namedView?.role !== 'replica') this.noteEpoch(named)
  }

  /** Notes that a node was chosen or announced as the primary under an epoch. */
  noteEpoch({ address, epoch }: ChosenPrimary): void {
    const { replicaEpoch, reignEpoch } = this.of(address)
    this.#reigns.set(address, { replicaEpoch, reignEpoch: Math.max(epoch, reignEpoch ?? 0) })
  }
}
