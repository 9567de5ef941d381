import type { RedisSight, Seen, SentinelSight, Sight } from './sight.ts'

/** A replica that is further behind has not caught up (in bytes). */
const MOST_BEHIND = 64 * 1024

/**
 * What is missing until the next process may be restarted, in one sentence; null when nothing is. All must be there,
 * all replicas must have everything, and all Sentinels must agree and be able to fail over. Pure.
 */
export function whatIsMissing({ redis, sentinels }: Sight): string | null {
  return redisProblem(redis) ?? sentinelProblem(sentinels, primaryOf(redis)?.at ?? '')
}

export const primaryOf = (redis: Sight['redis']) =>
  redis.find(({ facts }) => facts?.replication.role === 'primary')

function redisProblem(redis: readonly Seen<RedisSight>[]): string | null {
  for (const { name, facts, problem } of redis) {
    if (facts === null) return `${name} does not answer: ${problem}`
    if (facts.isLoading) return `${name} is still loading its data.`
  }
  const primaries = redis.filter(({ facts }) => facts?.replication.role === 'primary')
  const [primary] = primaries
  if (primary === undefined || primaries.length > 1) {
    return `${primaries.length} Redis call themselves primary, and there must be one.`
  }
  const offset = primary.facts?.replication.offset ?? 0
  for (const { name, facts } of redis) {
    if (facts === null) continue
    const { role, linkUp, primaryAddress } = facts.replication
    if (role === 'replica' && (primaryAddress !== primary.at || !linkUp)) {
      return `${name} does not follow ${primary.name} yet.`
    }
    if (offset - facts.replication.offset > MOST_BEHIND) {
      return `${name} is ${offset - facts.replication.offset} bytes behind ${primary.name}.`
    }
    if (!facts.hasMark) return `${name} does not hold this data centre's data.`
    if (facts.rewritesLog) return `${name} is writing its append-only file anew.`
  }
  return null
}

function sentinelProblem(sentinels: readonly Seen<SentinelSight>[], primary: string): string | null {
  const others = sentinels.length - 1
  for (const { name, facts, problem } of sentinels) {
    if (facts === null) return `${name} does not answer: ${problem}`
    const { answer, quorumProblem, tilt, unreached } = facts
    if (answer.failingOver) return `${name} leads a failover.`
    if (answer.primary !== primary) return `${name} names ${answer.primary} as primary.`
    if (answer.findsItDown) return `${name} finds the primary down.`
    if (answer.knownReplicas !== others)
      return `${name} knows ${answer.knownReplicas} replicas instead of ${others}.`
    if (answer.knownSentinels !== others) {
      return `${name} knows ${answer.knownSentinels} other Sentinels instead of ${others}.`
    }
    if (unreached > 0) return `${name} does not reach ${unreached} of those that it knows.`
    if (tilt) return `${name} is in TILT: it acts on nothing.`
    if (quorumProblem !== null) return `${name} has no quorum: ${quorumProblem}`
  }
  return null
}
