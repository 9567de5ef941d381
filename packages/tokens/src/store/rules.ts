/**
 * The rules that keep the promises S1 and S2, one by one, so that a test can take one out and see what it was
 * for. Nothing outside of tests takes any out.
 */
export type SafetyRule =
  /** A batch that not every planned replica has counts only when no failover is under way. */
  | 'barrier'
  /** What this process wrote and not every node has is written again on a new primary. */
  | 'journal'
  /** What not every planned replica has confirmed is kept to be written again, however long that takes. */
  | 'retention'
  /** A primary whose process was lost and is back at its address counts as a new one. */
  | 'restart'
  /** What this process heard of others' writes is written again on a new primary. */
  | 'heard-writes'
  /** What the primary or the cache says alone counts only under a lease. */
  | 'lease'
  /** A lease ends by whichever clock says so first: the monotonic clock stands still while a machine is paused. */
  | 'standing-clock'
  /** Every batch ends with something that must travel to the replicas. */
  | 'fence'
  /** An acknowledgement counts only in the term in which the batch was sent. */
  | 'term'
  /** A clock that does not agree with a majority of the clocks neither ends nor starts a session. */
  | 'checked-clock'
  /** What keeps a stored session alive is written also while memory is full. */
  | 'touch-when-full'
  /** A node whose data set does not carry the group's mark does not count. */
  | 'mark'
  /** `verify` answers *revoked* only when no failover can undo the tombstone. */
  | 'settle'
  /**
   * A process that has no knowledge of its own believes a new primary only after that has received all writes that
   * it may lack.
   */
  | 'unknown'
  /** While a Sentinel does not answer, a replica that went missing just now may have been promoted by it without a vote. */
  | 'forced-failover'
  /** `WAIT` counts every connected replica; only replicas that are members of the group count here. */
  | 'members'
  /** The number of Sentinels comes from what was configured and seen, never from what a few say now. */
  | 'voters'
  /** An election that was heard of never ends by time alone. */
  | 'pending-election'
  /** A rotation is one step, on one primary that lacks nothing; a revocation ends what a rotation made of its session. */
  | 'rotate'
