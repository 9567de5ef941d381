import type { Call } from '../../history/calls.ts'
import type { MonotonicMs } from '../../history/events.ts'

/** The rules for plain Redis clients, each with the promise of the proxy that it checks (docs/proxy.md). */
export type KeyRuleName =
  /** Acknowledged writes: one is missing in a later answer, or in the end. */
  | 'P1-lost-write'
  /** Once: a write was done twice, or a value was read that nothing wrote. */
  | 'P2-done-twice'
  /** Order: commands of one connection took effect in another order, or a transaction in part. */
  | 'P3-order'
  /** Reads: an answer misses a write that was acknowledged longer than the lease before the read. */
  | 'P5-stale-read'
  /** A write that was answered as certainly not done was done. */
  | 'P6-refused-but-done'
  /** After recovery the nodes, and the answers through the proxy, agree with each other. */
  | 'final-disagreement'

export interface KeyViolation {
  rule: KeyRuleName
  key: string
  /** Describes the violation in one sentence. */
  message: string
  calls: Call[]
}

/** What a key holds after all faults have ended. Numbers are texts; a key that does not exist holds null. */
export type KeyContents = string | string[] | null

export interface FinalKeyReading {
  key: string
  atMs: MonotonicMs
  /** By host. */
  nodes: Record<string, KeyContents>
  /** As a client reads it. */
  client: KeyContents
}
