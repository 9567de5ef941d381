import type { NodeAddress } from '@holdfast/tokens/redis'
import type { CertificateFolder } from '../../../certificates/folder.ts'
import type { CertificateRequest } from '../../../certificates/index.ts'
import type { HostDelivery } from '../host-delivery.ts'

/** Who shows certificates of a data centre, and how each of them takes a new one. */
export interface CertifiedServers {
  /** Where the certificates are kept, with their authority. */
  certificates: CertificateFolder
  /** Whose certificate this operation shows itself. */
  operator: string
  /** What is asked for in each certificate, in the order in which they are issued. */
  requests: () => Promise<CertificateRequest[]>
  /** Whose certificate the Redis or the Sentinel of that data host shows. */
  holderOf: (kind: 'redis' | 'sentinel', index: number) => string
  /** The ends of tunnels, where these show the certificates instead. */
  tunnels: readonly Tunnel[]
  /** What people can do about a process that goes on showing its old one; empty: nothing. */
  remedy: string
  /** How a data centre whose authority has ended gets another one. */
  newAuthority: string
  /** Rejects with a sentence when one does not answer that must take a new one. */
  check(): Promise<void>
  /** Called once, before the first is issued. */
  begin(): Promise<void>
  /** Brings the certificates to where they are read. Again, it changes nothing. */
  deliver(change: CertificateChange): Promise<void>
  /** Lets the Sentinel of that data host start again: it reads its certificate only then. */
  restartSentinel(index: number): Promise<void>
  /** Lets everybody else take theirs, and resolves when they use them. */
  take(change: CertificateChange): Promise<void>
  /** What people have to bring to which of the renewed before it goes on; none where `deliver` reaches all. */
  byHand(renewed: readonly string[]): HostDelivery[]
}

export interface CertificateChange {
  /** Whose certificates are new. */
  renewed: readonly string[]
  signal: AbortSignal | undefined
  tell: (step: 'deliver' | 'gateways' | 'supervisor', text: string) => void
}

/** One end of the tunnels, which encrypts for a whole host. */
interface Tunnel {
  /** Whose certificate it shows. */
  name: string
  addresses: NodeAddress[]
  /** Lets it read its certificate again; no connection ends. */
  reload(): Promise<void>
}
