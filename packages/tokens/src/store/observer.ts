import type { Verification } from './verification.ts'

/** Who answered a verification: the token's own form, this process's knowledge, the primary, or a majority. */
export type VerificationPath = 'token' | 'cache' | 'primary' | 'quorum'

export type CommitOutcome =
  /** Acknowledged: every planned replica has it. */
  | 'complete'
  /** Acknowledged: a replica lacks it, and the journal keeps it until none does. */
  | 'journalled'
  /** Not acknowledged this time, and sent again. */
  | 'retried'
  /** Refused for good: Redis is full, or its ACL forbids it. */
  | 'refused'
  /** Not acknowledged before its caller's deadline: its outcome is unknown. */
  | 'expired'
  /** Not taken on: too much waits already. */
  | 'overloaded'

/** Something that an operator wants to read in a log. Addresses are `host:port`. */
export type StoreEvent =
  /** Another node is primary now. */
  | { type: 'failover'; from: string; to: string }
  /** A replica is missing and a failover may be under way: writes wait until that is known. */
  | { type: 'doubt'; epoch: number }
  /** The lease ran out: reads go to a majority of the nodes until it is proved again. */
  | { type: 'lease-lost' }
  /** The ACL of the primary does not allow to remove ended sessions: they stay, and memory grows. */
  | { type: 'sweep-refused'; cause: string }
  /** A message of the feed could not be read: what is remembered of live sessions is asked for again. */
  | { type: 'feed-unreadable' }
  /** What a new primary lacked was written again: own writes, and those of others that were heard. */
  | { type: 'journal-replayed'; own: number; heard: number }
  /**
   * The store was closed while a planned replica had not confirmed these acknowledged writes: own writes, and writes of
   * other processes. If every process that holds them ends before that replica has them, its promotion loses them.
   */
  | { type: 'closed-unconfirmed'; own: number; heard: number }

/** Who watches a store. The methods are called in passing: they must be quick and must not throw. */
export interface StoreObserver {
  event?(event: StoreEvent): void
  /** A verification was answered, `tookMs` milliseconds after it was asked for. */
  verified?(status: Verification['status'], path: VerificationPath, tookMs: number): void
  /** What became of `writes` writes, `tookMs` milliseconds after they were asked for. */
  committed?(outcome: CommitOutcome, writes: number, tookMs: number): void
  /**
   * A token was revoked whose session could not be found, when a new primary might still lack it: its tombstone was
   * written without proof that there is such a session, or refused because there were too many.
   */
  guessed?(outcome: 'written' | 'refused'): void
}
