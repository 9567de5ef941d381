import { primaryOf } from './health.ts'
import type { Journal } from './journal.ts'
import type { RedisSight, Seen, SentinelSight, Sight } from './sight.ts'
import { mayFollow } from './versions.ts'

export type NextStep =
  | { kind: 'done' }
  | { kind: 'restart'; process: Seen<RedisSight> | Seen<SentinelSight> }
  /** The primary is to be restarted: another one becomes it first. */
  | { kind: 'switch-over'; from: Seen<RedisSight>; to: Seen<RedisSight> }
  /** It cannot go on, and one sentence says why. */
  | { kind: 'stop'; reason: string }

/**
 * What comes next in a healthy data centre: Sentinels one by one, then replicas, and the primary when it is none any
 * more. It follows from how things are, not from what was done: so it is right after a failover and after a crash, too.
 * `notChosen` are the names of those that become primary only when nobody else can. Pure.
 * INV-OPERATIONS-6.
 */
export function nextStep(sight: Sight, journal: Journal, notChosen: readonly string[]): NextStep {
  const waits = (process: Seen<RedisSight> | Seen<SentinelSight>) => isPending(process, journal)
  const mixture = olderThanPrimary(sight, journal)
  if (mixture !== null) return { kind: 'stop', reason: mixture }
  const sentinel = sight.sentinels.find(waits)
  if (sentinel !== undefined) return { kind: 'restart', process: sentinel }
  const primary = primaryOf(sight.redis)
  const replicas = sight.redis.filter((node) => node !== primary)
  const replica = replicas.find(waits)
  if (replica !== undefined) return { kind: 'restart', process: replica }
  if (primary === undefined || !waits(primary)) return { kind: 'done' }
  const eligible = replicas.filter((candidate) =>
    replicas.every((other) => mayFollow(versionOf(other), versionOf(candidate))),
  )
  const [to] = eligible.sort(
    (one, other) =>
      Number(notChosen.includes(one.name)) - Number(notChosen.includes(other.name)) ||
      offsetOf(other) - offsetOf(one),
  )
  return to === undefined
    ? { kind: 'stop', reason: 'There is no replica that could be primary for all others.' }
    : { kind: 'switch-over', from: primary, to }
}

/** It is to be restarted, and still is what it was when the upgrade began. */
export function isPending({ name, facts }: Seen<RedisSight> | Seen<SentinelSight>, { targets }: Journal) {
  const target = targets.find((one) => one.name === name)
  return target !== undefined && facts?.runId === target.runId
}

/** A replica that came back with an older program than its primary's. One that waits for its restart may be older. */
function olderThanPrimary({ redis }: Sight, journal: Journal): string | null {
  const primary = primaryOf(redis)
  if (primary === undefined) return null
  const wasRestarted = (node: Seen<RedisSight>) =>
    journal.targets.some(({ name }) => name === node.name) && !isPending(node, journal)
  const older = redis.find((node) => wasRestarted(node) && !mayFollow(versionOf(node), versionOf(primary)))
  if (older === undefined) return null
  return (
    `${older.name} was restarted as version ${versionOf(older)}, and its primary ${primary.name} is ${versionOf(primary)}: ` +
    'a newer primary may not replicate to an older replica. Install the newer program there.'
  )
}

const versionOf = ({ facts }: Seen<RedisSight>) => facts?.version ?? ''
const offsetOf = ({ facts }: Seen<RedisSight>) => facts?.replication.offset ?? 0
