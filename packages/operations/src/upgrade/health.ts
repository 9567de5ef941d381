import type { GroupSnapshot, ProcessSnapshot, RedisState, SentinelState } from './snapshot.ts'

/** A replica with a larger lag has not caught up (in bytes). */
const MAX_LAG_BYTES = 64 * 1024

/**
 * Why the next process may not be restarted now, in one sentence; null when it may. Every process must answer, all replicas
 * must have caught up, and all Sentinels must agree and be able to fail over. Pure.
 */
export function unhealthyReason({ redis, sentinels }: GroupSnapshot): string | null {
  return redisProblem(redis) ?? sentinelProblem(sentinels, primaryOf(redis)?.at ?? '')
}

export const primaryOf = (redis: GroupSnapshot['redis']) =>
  redis.find(({ facts }) => facts?.replication.role === 'primary')

function redisProblem(redis: readonly ProcessSnapshot<RedisState>[]): string | null {
  for (const { name, facts, problem } of redis) {
    if (facts === null) return `${name} does not answer: ${problem}`
    if (facts.isLoading) return `${name} is still loading its data.`
  }
  const primaries = redis.filter(({ facts }) => facts?.replication.role === 'primary')
  const [primary] = primaries
  if (primary === undefined || primaries.length > 1) {
    return `${primaries.length} Redis have the role primary, and exactly one must have it.`
  }
  const offset = primary.facts?.replication.offset ?? 0
  for (const { name, facts } of redis) {
    if (facts === null) continue
    const { role, linkUp, primaryAddress } = facts.replication
    if (role === 'replica' && (primaryAddress !== primary.at || !linkUp)) {
      return `${name} is not linked to ${primary.name}.`
    }
    if (offset - facts.replication.offset > MAX_LAG_BYTES) {
      return `${name} is ${offset - facts.replication.offset} bytes behind ${primary.name}.`
    }
    if (!facts.hasMark) return `${name} does not hold the data of this data centre.`
    if (facts.rewritesLog) return `${name} is rewriting its append-only file.`
  }
  return null
}

function sentinelProblem(
  sentinels: readonly ProcessSnapshot<SentinelState>[],
  primary: string,
): string | null {
  const others = sentinels.length - 1
  for (const { name, facts, problem } of sentinels) {
    if (facts === null) return `${name} does not answer: ${problem}`
    const { answer, quorumProblem, tilt, unreached } = facts
    if (answer.failingOver) return `${name} leads a failover.`
    if (answer.primary !== primary) return `${name} names ${answer.primary} as primary.`
    if (answer.findsItDown) return `${name} marks the primary as down.`
    if (answer.knownReplicas !== others)
      return `${name} knows ${answer.knownReplicas} replicas instead of ${others}.`
    if (answer.knownSentinels !== others) {
      return `${name} knows ${answer.knownSentinels} other Sentinels instead of ${others}.`
    }
    if (unreached > 0)
      return `${name} does not reach ${unreached} of the replicas and Sentinels that it knows.`
    if (tilt) return `${name} is in TILT, so it would not start a failover.`
    if (quorumProblem !== null) return `${name} has no quorum: ${quorumProblem}`
  }
  return null
}
