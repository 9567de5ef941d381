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
  /** Nothing is said to have ended, and no session begins, by a clock that no majority of the clocks agrees with. */
  | 'checked-clock'
  /** What keeps a stored session alive is written also while memory is full. */
  | 'touch-when-full'
  /** A node whose data set does not carry the group's mark does not count. */
  | 'mark'
  /** A tombstone is told only when no failover can undo it. */
  | 'settle'
  /** What a new primary says counts, for who cannot know better, only when it has been told all that it may lack. */
  | 'unknown'
  /** While a Sentinel does not answer, a replica that went missing just now may have been promoted by it without a vote. */
  | 'forced-failover'
  /** `WAIT` counts every connected replica; only those that are members count. */
  | 'members'
  /** How many Sentinels there are is reckoned from what was configured and seen, never from what a few say now. */
  | 'voters'
  /** An election that was heard of never ends by time alone. */
  | 'pending-election'
  /** A rotation is one step, on one primary that lacks nothing; a revocation ends what a rotation made of its session. */
  | 'rotate'
