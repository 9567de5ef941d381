/**
 * The rules that keep the promises S1 and S2 (docs/promises.md), one switch each. Every rule holds in production. A
 * test injects a policy without one rule and shows what is lost.
 */
export interface SafetyPolicy {
  /** A batch that a planned replica lacks is acknowledged only if no failover is in progress. */
  readonly barrier: boolean
  /** A write of this process that a node lacks is written again on a new primary. */
  readonly journal: boolean
  /** A write is kept for the replay until every planned replica has confirmed it, no matter how long that takes. */
  readonly retention: boolean
  /** A primary whose process was lost and that is back at its address counts as a new primary. */
  readonly restart: boolean
  /** A write of another process that this process received is written again on a new primary. */
  readonly 'heard-writes': boolean
  /** An answer of the primary or the cache alone is valid only under a lease. */
  readonly lease: boolean
  /** A lease expires by the clock that reaches its end first: the monotonic clock stops while a machine is paused. */
  readonly 'standing-clock': boolean
  /** Every batch ends with a message that must travel to the replicas. */
  readonly fence: boolean
  /** An acknowledgement is valid only in the term in which the batch was sent. */
  readonly term: boolean
  /** A clock that does not agree with a majority of the clocks neither ends nor starts a session. */
  readonly 'checked-clock': boolean
  /** A write that extends or changes a stored session succeeds even if memory is full. */
  readonly 'touch-when-full': boolean
  /** A node whose data set does not have the group id does not count. */
  readonly mark: boolean
  /** `verify` answers *revoked* only if no failover can undo the tombstone. */
  readonly settle: boolean
  /**
   * A process that has just started trusts a new primary only after the primary has received all writes that it may
   * lack.
   */
  readonly unknown: boolean
  /**
   * While a Sentinel does not answer, it may have promoted a replica without a vote if that replica went missing
   * recently.
   */
  readonly 'forced-failover': boolean
  /** `WAIT` counts every connected replica, but only confirmations of members of the group are valid. */
  readonly members: boolean
  /**
   * The number of Sentinels comes from the configuration and from all Sentinels seen so far, never from a few
   * current answers.
   */
  readonly voters: boolean
  /** An announced election never ends by time alone. */
  readonly 'pending-election': boolean
  /**
   * A rotation is one step, on one primary that lacks nothing. A revocation also ends the sessions that a rotation
   * created from its session.
   */
  readonly rotate: boolean
}

export type SafetyRule = keyof SafetyPolicy

export const ALL_RULES: SafetyPolicy = Object.freeze({
  barrier: true,
  journal: true,
  retention: true,
  restart: true,
  'heard-writes': true,
  lease: true,
  'standing-clock': true,
  fence: true,
  term: true,
  'checked-clock': true,
  'touch-when-full': true,
  mark: true,
  settle: true,
  unknown: true,
  'forced-failover': true,
  members: true,
  voters: true,
  'pending-election': true,
  rotate: true,
})

/** Returns the policy in which these rules do not hold. For tests only. */
export function withoutRules(rules: readonly SafetyRule[]): SafetyPolicy {
  return Object.freeze({ ...ALL_RULES, ...Object.fromEntries(rules.map((rule) => [rule, false])) })
}
