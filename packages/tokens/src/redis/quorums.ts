// How many Sentinels and nodes make a decision safe. Pure.

/** The smallest majority: any two sets of this size share a member. */
export const majorityOf = (count: number): number => Math.floor(count / 2) + 1

/**
 * The number of Sentinels that must be heard so that the others cannot elect a leader: a majority. It is larger if
 * the quorum is below a majority, because a Sentinel counts the majority of the Sentinels that it knows.
 */
export function sentinelsToHear(allSentinels: number, quorums: readonly number[]): number {
  const majority = majorityOf(allSentinels)
  const others = Math.min(...quorums, majority)
  return Math.max(majority, allSentinels - others + 1)
}

/**
 * The minimum number of replicas that must confirm a write. Together with the primary they are a majority of the
 * nodes. So two primaries never both acknowledge, and every majority of a read includes every acknowledged write.
 */
export function leastReplicas(nodes: number): number {
  return Math.max(1, Math.floor(nodes / 2))
}

/** How many nodes must answer a read that the primary alone cannot answer. */
export function readQuorum(nodes: number): number {
  return Math.max(2, majorityOf(nodes))
}

/**
 * How long a replica may have been disconnected from its primary and still be promoted (in milliseconds): ten times
 * `down-after`, plus the time that the primary has been down (FACT-19).
 */
export function promotableMs(limits: readonly { downAfterMs: number; failoverTimeoutMs: number }[]): number {
  const each = limits.map(({ downAfterMs, failoverTimeoutMs }) => 10 * downAfterMs + failoverTimeoutMs)
  return each.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...each)
}
