import type { ReplicaGroup } from '../redis/group.ts'

/** The channel on which a process says which tombstones were acknowledged to it: their keys, with a space between. */
export const SETTLED_CHANNEL = 'hf:settled'

/** Sent later than this it would tell nobody anything new. */
const COMMAND_TIMEOUT_MS = 1000

/**
 * Tells the other processes that a tombstone is sure to stay, as only who wrote it knows: then they need not look at the
 * nodes before they tell it, which may be gone by then. Who does not hear it looks (store/durability.ts).
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
    // Lost with the primary: then nobody hears it.
    sent?.catch(() => {})
  }
}
