/**
 * The rules that keep the promises S1 and S2 (docs/promises.md). A test can turn off a single rule and see what
 * breaks. Only tests turn off rules.
 */
export type SafetyRule =
  /** A batch that a planned replica lacks is acknowledged only if no failover is in progress. */
  | 'barrier'
  /** A write of this process that a node lacks is written again on a new primary. */
  | 'journal'
  /** A write is kept for the replay until every planned replica has confirmed it, no matter how long that takes. */
  | 'retention'
  /** A primary whose process was lost and that is back at its address counts as a new primary. */
  | 'restart'
  /** A write of another process that this process received is written again on a new primary. */
  | 'heard-writes'
  /** An answer of the primary or the cache alone is valid only under a lease. */
  | 'lease'
  /** A lease expires by the clock that reaches its end first: the monotonic clock stops while a machine is paused. */
  | 'standing-clock'
  /** Every batch ends with a message that must travel to the replicas. */
  | 'fence'
  /** An acknowledgement is valid only in the term in which the batch was sent. */
  | 'term'
  /** A clock that does not agree with a majority of the clocks neither ends nor starts a session. */
  | 'checked-clock'
  /** A write that extends or changes a stored session succeeds even if memory is full. */
  | 'touch-when-full'
  /** A node whose data set does not have the group id does not count. */
  | 'mark'
  /** `verify` answers *revoked* only if no failover can undo the tombstone. */
  | 'settle'
  /**
   * A process that has just started trusts a new primary only after the primary has received all writes that it may
   * lack.
   */
  | 'unknown'
  /**
   * While a Sentinel does not answer, it may have promoted a replica without a vote if that replica went missing
   * recently.
   */
  | 'forced-failover'
  /** `WAIT` counts every connected replica, but only confirmations of members of the group are valid. */
  | 'members'
  /**
   * The number of Sentinels comes from the configuration and from all Sentinels seen so far, never from a few
   * current answers.
   */
  | 'voters'
  /** An announced election never ends by time alone. */
  | 'pending-election'
  /**
   * A rotation is one step, on one primary that lacks nothing. A revocation also ends the sessions that a rotation
   * created from its session.
   */
  | 'rotate'
