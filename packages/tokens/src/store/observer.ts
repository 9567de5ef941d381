import type { Verification } from './verification.ts'

/** The source of a verification's answer: the form of the token, the near cache, the primary, or a majority. */
export type VerificationPath = 'token' | 'cache' | 'primary' | 'quorum'

export type CommitOutcome =
  /** Acknowledged: every planned replica has it. */
  | 'complete'
  /** Acknowledged: a replica lacks it, and the journal keeps it until none does. */
  | 'journalled'
  /** Not acknowledged by this attempt; sent again. */
  | 'retried'
  /** Refused for good: Redis is full, or its ACL forbids it. */
  | 'refused'
  /** Not acknowledged before its caller's deadline: its outcome is unknown. */
  | 'expired'
  /** Refused: too many writes are waiting. */
  | 'overloaded'

/** An event for an operator's log. Addresses are `host:port`. */
export type StoreEvent =
  /** Another node is primary now. */
  | { type: 'failover'; from: string; to: string }
  /** A replica is missing and a failover may be in progress: writes wait until the state is known. */
  | { type: 'doubt'; epoch: number }
  /** The lease has expired: reads go to a majority of the nodes until it is renewed. */
  | { type: 'lease-lost' }
  /** The ACL of the primary does not allow to remove ended sessions: they stay, and memory grows. */
  | { type: 'sweep-refused'; cause: string }
  /** A message of the feed could not be read: what is remembered of live sessions is asked for again. */
  | { type: 'feed-unreadable' }
  /** Writes that a new primary lacked were replayed: writes of this process, and of others that it had received. */
  | { type: 'journal-replayed'; own: number; heard: number }
  /**
   * The store was closed while a planned replica had not confirmed these acknowledged writes: own writes, and writes of
   * other processes. If every process that holds them ends before that replica has them, its promotion loses them.
   */
  | { type: 'closed-unconfirmed'; own: number; heard: number }

/** Receives the events of a store. The methods are called on the hot path: they must be fast and must not throw. */
export interface StoreObserver {
  event?(event: StoreEvent): void
  /** A verification was answered `tookMs` milliseconds after it was requested. */
  verified?(status: Verification['status'], path: VerificationPath, tookMs: number): void
  /** The outcome of `writes` writes, `tookMs` milliseconds after they were requested. */
  committed?(outcome: CommitOutcome, writes: number, tookMs: number): void
  /**
   * A token was revoked whose session could not be found, when a new primary might still lack it: its tombstone was
   * written without proof that there is such a session, or refused because there were too many.
   */
  guessed?(outcome: 'written' | 'refused'): void
}
