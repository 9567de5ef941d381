import type { Secrets } from '../../../secrets/secrets.ts'
import type { HostDelivery } from '../host-delivery.ts'

/** Who uses the key ring of a data centre. */
export interface RingServers {
  /** Rejects with `NOT_SAFE` when one does not answer: it must know a key before one uses it. */
  check(): Promise<void>
  /** Brings the ring to all of them, and resolves when they use it. Again, it changes nothing. */
  take(change: RingChange): Promise<void>
  /** Rejects with a sentence when one does not use it. Asked where people have brought it. */
  confirm(change: RingChange): Promise<void>
  /** What people have to bring to which host each time that the ring changes; none where `take` reaches all. */
  byHand(): HostDelivery[]
  /** How many gateways there are. */
  count: number
}

/** What has changed for them. */
interface RingChange {
  /** All secrets, as `secrets.json` holds them now. */
  secrets: Secrets
  /** Gateways show it when they use these. */
  revision: string
  signal: AbortSignal | undefined
}
