import type { Verification } from './verification.ts'

/** The source of a verification's answer: the form of the token, the near cache, the primary, or a majority. */
export type VerificationPath = 'token' | 'cache' | 'primary' | 'quorum'

export type CommitOutcome =
  /** Acknowledged: every planned replica has it. */
  | 'complete'
  /** Acknowledged: a replica lacks it, and the journal keeps it until every replica has it. */
  | 'journalled'
  /** Not acknowledged by this attempt; sent again. */
  | 'retried'
  /** Refused permanently: Redis is full, or its ACL forbids the write. */
  | 'refused'
  /** Not acknowledged before the deadline of its caller. Its outcome is unknown. */
  | 'expired'
  /** Refused: too many writes are waiting. */
  | 'overloaded'

/** An event for an operator's log. Addresses are `host:port`. */
export type StoreEvent =
  /** Another node is the primary now. */
  | { type: 'failover'; from: string; to: string }
  /** A replica is missing and a failover may be in progress: writes wait until the state is known. */
  | { type: 'doubt'; epoch: number }
  /** The lease has expired: reads go to a majority of the nodes until it is renewed. */
  | { type: 'lease-lost' }
  /** The ACL of the primary does not allow the removal of ended sessions: they stay, and memory use grows. */
  | { type: 'sweep-refused'; cause: string }
  /**
   * A message of the feed could not be read: the process reads live sessions from Redis again instead of the near
   * cache.
   */
  | { type: 'feed-unreadable' }
  /**
   * Writes that a new primary lacked were written again: writes of this process, and writes of other processes that
   * it had received.
   */
  | { type: 'journal-replayed'; own: number; heard: number }
  /**
   * The store was closed before every planned replica had confirmed these acknowledged writes: writes of this
   * process, and writes of other processes. If every process that remembers them ends before that replica has them,
   * its promotion loses them.
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
   * A token was revoked while its session could not be found and a new primary might still lack it. Its tombstone
   * was written without proof that the session exists, or was refused because there were too many such requests.
   */
  guessed?(outcome: 'written' | 'refused'): void
}
