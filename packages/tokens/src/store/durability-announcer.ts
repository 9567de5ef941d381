import type { ReplicaGroup } from '../redis/group.ts'

/** The channel on which a process says which tombstones were acknowledged to it: their keys, with a space between. */
export const SETTLED_CHANNEL = 'hf:settled'

/** A later message would be no news to the other processes. */
const COMMAND_TIMEOUT_MS = 1000

/**
 * Announces to the other processes that a tombstone is durable, which only the process that wrote it knows. Then they need
 * not ask the nodes, which may be gone by then. A process that misses the message asks the nodes (store/durability.ts).
 */
export class DurabilityAnnouncer {
  readonly #group: ReplicaGroup
  #keys: string[] = []

  constructor(group: ReplicaGroup) {
    this.#group = group
  }

  /** A tombstone under this key was acknowledged. Those of one turn of the event loop go out as one message. */
  tell(key: string): void {
    this.#keys.push(key)
    if (this.#keys.length === 1) setImmediate(() => this.#send())
  }

  #send(): void {
    const keys = this.#keys
    this.#keys = []
    const sent = this.#group.primary?.read(['PUBLISH', SETTLED_CHANNEL, keys.join(' ')], COMMAND_TIMEOUT_MS)
    // Lost with the primary: then no process receives it.
    sent?.catch(() => {})
  }
}
