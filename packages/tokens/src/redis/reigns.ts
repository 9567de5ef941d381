import type { ChosenPrimary, NodeObservation } from './primary.ts'

type Reign = Pick<NodeObservation, 'wasReplica' | 'reignEpoch'>

const UNKNOWN: Reign = { wasReplica: false, reignEpoch: null }

/** What this process has seen of each node's past: whether it was a replica, and since then under which epoch primary. */
export class Reigns {
  readonly #reigns = new Map<string, Reign>()

  of(address: string): Reign {
    return this.#reigns.get(address) ?? UNKNOWN
  }

  /** Learns from the views of now, and from what the Sentinels say. */
  note(nodes: readonly Pick<NodeObservation, 'address' | 'view'>[], named: ChosenPrimary | null): void {
    for (const { address, view } of nodes) {
      if (view?.role === 'replica') this.#reigns.set(address, { wasReplica: true, reignEpoch: null })
    }
    const namedView = nodes.find(({ address }) => address === named?.address)?.view
    // One that is still seen as a replica reigns from when it is seen as primary.
    if (named !== null && namedView?.role !== 'replica') this.noteEpoch(named)
  }

  /** A node was chosen or named under an epoch. */
  noteEpoch({ address, epoch }: ChosenPrimary): void {
    const { wasReplica, reignEpoch } = this.of(address)
    this.#reigns.set(address, { wasReplica, reignEpoch: Math.max(epoch, reignEpoch ?? 0) })
  }
}
