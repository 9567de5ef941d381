/**
 * The rules that keep the promises S1 and S2, one by one, so that a test can take one out and see what it was
 * for. Nothing outside of tests takes any out.
 */
export type SafetyRule =
  /** A batch that not every planned replica has counts only when no failover is under way. */
  | 'barrier'
  /** What this process wrote and not every node has is written again on a new primary. */
  | 'journal'
  /** What this process heard of others' writes is written again on a new primary. */
  | 'heard-writes'
  /** What the primary or the cache says alone counts only under a lease. */
  | 'lease'
  /** Every batch ends with something that must travel to the replicas. */
  | 'fence'
  /** An acknowledgement counts only in the term in which the batch was sent. */
  | 'term'
  /** A node whose data set does not carry the group's mark does not count. */
  | 'mark'
  /** A tombstone is told only when no failover can undo it. */
  | 'settle'
  /** What a new primary says counts, for who cannot know better, only when it has been told all that it may lack. */
  | 'unknown'
  /** A rotation is one step, on one primary that lacks nothing; a revocation ends what a rotation made of its session. */
  | 'rotate'
