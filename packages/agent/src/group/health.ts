import type { GroupSnapshot, ProcessSnapshot, RedisState } from './snapshot.ts'

/** A replica with a larger lag is behind: it would take too long to catch up while writes wait (in bytes). */
export const MAX_LAG_BYTES = 1024 * 1024

/** Why a group is not healthy: one reason per process, or one for the group. */
export interface Reason<Code extends string = ReasonCode> {
  code: Code
  /** The process that the reason is about; null: the group. */
  process: string | null
  /** One sentence. */
  text: string
}

/** What the plan expects of a group. */
export interface Planned {
  /** The group id of its data. */
  groupId: string
  /** The names of Redis that are kept from starting: nothing is expected of them. */
  held?: readonly string[]
}

/** A snapshot, as the rules see it. */
interface Observed extends GroupSnapshot {
  groupId: string
  primaries: Answering<RedisState>[]
  /** The Redis with the role primary; null unless there is exactly one. */
  primary: Answering<RedisState> | null
  /** How many replicas, and how many other Sentinels, each Sentinel must know. */
  others: number
}

/** Each reason of one code: the name of the process, or null for the group, and the sentence. */
type Rule = (group: Observed) => [process: string | null, text: string][]

/** The only definition of each reason, in the order in which reasons are reported. */
const RULES = {
  'redis-unreachable': ({ redis }) => silent(redis),
  'sentinel-unreachable': ({ sentinels }) => silent(sentinels),
  'redis-loading': ({ redis }) =>
    each(redis, (name, { isLoading }) => isLoading && `${name} is still loading its data.`),
  'no-single-primary': ({ primary, primaries }) =>
    primary !== null
      ? []
      : [[null, `${primaries.length} Redis have the role primary, and exactly one must have it.`]],
  'replica-not-linked': (group) =>
    each(
      group.redis,
      (name, { replication }) =>
        replication.role === 'replica' &&
        !isLinked(replication, group) &&
        `${name} is not linked to ${group.primary?.name ?? 'its primary'}.`,
    ),
  'replica-not-online': (group) => {
    const linked = answering(group.redis).filter(({ facts }) => isLinked(facts.replication, group)).length
    const online = group.primary?.facts.replication.replicas.length ?? linked
    return online >= linked
      ? []
      : [
          [
            group.primary?.name ?? null,
            `${group.primary?.name} counts only ${online} of ${linked} linked replicas as online.`,
          ],
        ]
  },
  'replica-behind': (group) =>
    each(group.redis, (name, { replication }) => {
      const lag = (group.primary?.facts.replication.offset ?? 0) - replication.offset
      return (
        isLinked(replication, group) &&
        lag > MAX_LAG_BYTES &&
        `${name} is ${lag} bytes behind ${group.primary?.name ?? 'its primary'}.`
      )
    }),
  'foreign-data': ({ redis, groupId }) =>
    each(
      redis,
      (name, facts) =>
        !facts.isLoading &&
        facts.groupId !== undefined &&
        facts.groupId !== groupId &&
        `${name} does not hold the data of this data centre.`,
    ),
  'log-rewrite': ({ redis }) =>
    each(redis, (name, { rewritesLog }) => rewritesLog && `${name} is rewriting its append-only file.`),
  'failover-under-way': ({ sentinels }) =>
    each(sentinels, (name, { failingOver }) => failingOver && `${name} leads a failover.`),
  'sentinel-disagrees': ({ sentinels, primary }) => {
    if (primary !== null) {
      return each(
        sentinels,
        (name, facts) =>
          facts.primary !== primary.at &&
          `${name} names ${facts.primary} as primary, but ${primary.name} (${primary.at}) has that role.`,
      )
    }
    const named = new Set(answering(sentinels).map(({ facts }) => facts.primary))
    return named.size > 1 ? [[null, `The Sentinels name different primaries: ${[...named].join(', ')}.`]] : []
  },
  'primary-marked-down': ({ sentinels }) =>
    each(sentinels, (name, { findsItDown }) => findsItDown && `${name} marks the primary as down.`),
  'replicas-unknown': ({ sentinels, others }) =>
    each(
      sentinels,
      (name, { knownReplicas }) =>
        knownReplicas !== others && `${name} knows ${knownReplicas} replicas instead of ${others}.`,
    ),
  'sentinels-unknown': ({ sentinels, others }) =>
    each(
      sentinels,
      (name, { knownSentinels }) =>
        knownSentinels !== others && `${name} knows ${knownSentinels} other Sentinels instead of ${others}.`,
    ),
  'peers-unreached': ({ sentinels }) =>
    each(
      sentinels,
      (name, { unreached = 0 }) =>
        unreached > 0 && `${name} does not reach ${unreached} of the replicas and Sentinels that it knows.`,
    ),
  'sentinel-tilt': ({ sentinels }) =>
    each(
      sentinels,
      (name, { tilt }) => tilt === true && `${name} is in TILT, so it would not start a failover.`,
    ),
  'no-quorum': ({ sentinels }) =>
    each(
      sentinels,
      (name, { quorumProblem = null }) => quorumProblem !== null && `${name} has no quorum: ${quorumProblem}`,
    ),
} satisfies Record<string, Rule>

export type ReasonCode = keyof typeof RULES

/** Every code, in the order in which reasons are reported. */
export const REASON_CODES = Object.keys(RULES) as ReasonCode[]

/** Not every process takes part: operations that change the group need at least the absence of these reasons. */
export const INCOMPLETE: readonly ReasonCode[] = [
  'redis-unreachable',
  'sentinel-unreachable',
  'no-single-primary',
  'replica-not-linked',
  'failover-under-way',
  'sentinel-disagrees',
]

/** Every reason why the group is not healthy; empty if it is. Pure. INV-AGENT-19. */
export function health({ redis, sentinels }: GroupSnapshot, { groupId, held = [] }: Planned): Reason[] {
  const expected = redis.filter(({ name }) => !held.includes(name))
  const primaries = primariesOf({ redis: expected })
  const observed: Observed = {
    redis: expected,
    sentinels,
    groupId,
    primaries,
    primary: onlyOne(primaries),
    others: sentinels.length - 1,
  }
  return REASON_CODES.flatMap((code) =>
    RULES[code](observed).map(([process, text]) => ({ code, process, text })),
  )
}

/** The first reason with one of the codes, as a sentence; null without one. Pure. */
export function unhealthyReason(
  snapshot: GroupSnapshot,
  planned: Planned,
  codes: readonly ReasonCode[],
): string | null {
  return health(snapshot, planned).find(({ code }) => codes.includes(code))?.text ?? null
}

type Answering<Facts> = ProcessSnapshot<Facts> & { facts: Facts }

/** The processes that answered, with their facts. */
export const answering = <Facts>(processes: readonly ProcessSnapshot<Facts>[]): Answering<Facts>[] =>
  processes.filter((one): one is Answering<Facts> => one.facts !== null)

/** The answering Redis that report the role primary. */
export const primariesOf = <Facts extends RedisState>({
  redis,
}: {
  redis: readonly ProcessSnapshot<Facts>[]
}): Answering<Facts>[] => answering(redis).filter(({ facts }) => facts.replication.role === 'primary')

/** The Redis with the role primary; null unless there is exactly one. */
export const primaryOf = <Facts extends RedisState>(group: { redis: readonly ProcessSnapshot<Facts>[] }) =>
  onlyOne(primariesOf(group))

const onlyOne = <Item>([first, ...more]: readonly Item[]): Item | null =>
  first === undefined || more.length > 0 ? null : first

const silent = (processes: readonly ProcessSnapshot<unknown>[]): [string, string][] =>
  processes.flatMap(({ name, facts, problem }) => (facts === null ? [[name, `${name}: ${problem}`]] : []))

function each<Facts>(
  processes: readonly ProcessSnapshot<Facts>[],
  reasonOf: (name: string, facts: Facts) => string | false,
): [string, string][] {
  return answering(processes).flatMap(({ name, facts }) => {
    const text = reasonOf(name, facts)
    return text === false ? [] : [[name, text]]
  })
}

/** Linked to the primary; while there is no single one, to any. */
const isLinked = ({ role, linkUp, primaryAddress }: RedisState['replication'], { primary }: Observed) =>
  role === 'replica' && linkUp && (primary === null || primaryAddress === primary.at)
