import type { ReplicaGroup } from '../../redis/group.ts'

/** The channel on which a process announces its acknowledged tombstones: their keys, separated by spaces. */
export const SETTLED_CHANNEL = 'hf:settled'

/** A message that takes longer is no longer useful to the other processes. */
const COMMAND_TIMEOUT_MS = 1000

/**
 * Announces to the other processes that a tombstone is durable. Only the process that wrote it knows this. The
 * other processes then do not have to ask the nodes, which may be down by then. A process that misses the message
 * asks the nodes (store/cache/durability.ts).
 */
export class DurabilityAnnouncer {
  readonly #group: ReplicaGroup
  #keys: string[] = []

  constructor(group: ReplicaGroup) {
    this.#group = group
  }

  /** Announces an acknowledged tombstone. The keys of one turn of the event loop go out as one message. */
  tell(key: string): void {
    this.#keys.push(key)
    if (this.#keys.length === 1) setImmediate(() => this.#send())
  }

  #send(): void {
    const keys = this.#keys
    this.#keys = []
    const sent = this.#group.primary?.read(['PUBLISH', SETTLED_CHANNEL, keys.join(' ')], COMMAND_TIMEOUT_MS)
    // If the primary is lost, the message is lost, and no process receives it.
    sent?.catch(() => {})
  }
}
