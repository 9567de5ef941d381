import type { Secrets } from '../../../secrets/secrets.ts'
import type { HostDelivery } from '../host-delivery.ts'
import type { PasswordName } from './users.ts'

/** Who uses passwords of a data centre besides its Redis and Sentinels. */
export interface Servers {
  /** Rejects with a sentence when one does not answer that must take new ones. */
  check(): Promise<void>
  /** Brings the passwords to them, and resolves when they use them. Again, it changes nothing. */
  take(change: PasswordChange): Promise<void>
  /** Rejects with a sentence when one is known not to use them. Asked before the old ones are taken away. */
  confirm(change: PasswordChange): Promise<void>
  /** What people have to bring to which host, between two stages; none where `take` reaches all. */
  byHand(users: readonly PasswordName[]): HostDelivery[]
}

/** What has changed for them. */
export interface PasswordChange {
  /** All secrets, as `secrets.json` holds them now. */
  secrets: Secrets
  /** Gateways show it when they use these; null when nothing of theirs has changed. */
  revision: string | null
  signal: AbortSignal | undefined
  tell: (step: 'gateways' | 'supervisor', text: string) => void
}
