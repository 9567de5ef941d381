import { primaryOf } from '@holdfast/agent/group/health'
import type { FullSnapshot } from '@holdfast/agent/group/snapshot'
import type { Journal } from './journal.ts'

type Redis = FullSnapshot['redis'][number]
type AnyProcess = Redis | FullSnapshot['sentinels'][number]

export type NextStep =
  | { kind: 'done' }
  | { kind: 'restart'; process: AnyProcess }
  /** Only the primary is left to restart: a replica is promoted first. */
  | { kind: 'switch-over'; from: Redis; to: Redis }
  /** The upgrade cannot continue, for a reason in one sentence. */
  | { kind: 'stop'; reason: string }
  /** The installed program is of a product that cannot copy the data. Only Sentinels run it, and no Redis was restarted. */
  | { kind: 'refuse'; reason: string }

/**
 * The next step in a healthy data centre: Sentinels one by one, then replicas, and the old primary when it has become a
 * replica. It follows from the present state, not from what was done, so that it is right after a failover and after a
 * crash, too. `notChosen` are the names of nodes that are promoted only if no other can be. Pure.
 * INV-OPERATIONS-6.
 */
export function nextStep(snapshot: FullSnapshot, journal: Journal, notChosen: readonly string[]): NextStep {
  const waits = (process: AnyProcess) => isPending(process, journal)
  const foreign = cannotCopy(snapshot, journal)
  if (foreign !== null) return { kind: 'refuse', reason: foreign }
  const mixture = olderThanPrimary(snapshot, journal)
  if (mixture !== null) return { kind: 'stop', reason: mixture }
  const sentinel = snapshot.sentinels.find(waits)
  if (sentinel !== undefined) return { kind: 'restart', process: sentinel }
  const primary = primaryOf(snapshot)
  const replicas = snapshot.redis.filter(({ name }) => name !== primary?.name)
  const replica = replicas.find(waits)
  if (replica !== undefined) return { kind: 'restart', process: replica }
  if (primary === null || !waits(primary)) return { kind: 'done' }
  const eligible = replicas.filter((candidate) =>
    replicas.every((other) => mayFollow(versionOf(other), versionOf(candidate))),
  )
  const [to] = eligible.sort(
    (one, other) =>
      Number(notChosen.includes(one.name)) - Number(notChosen.includes(other.name)) ||
      offsetOf(other) - offsetOf(one),
  )
  return to === undefined
    ? { kind: 'stop', reason: 'No replica is new enough to be the primary of all others.' }
    : { kind: 'switch-over', from: primary, to }
}

/** Whether the process must be restarted, and has not been since the upgrade began. */
export function isPending({ name, facts }: AnyProcess, { targets }: Journal) {
  const target = targets.find((one) => one.name === name)
  return target !== undefined && facts?.runId === target.runId
}

/**
 * The reason to refuse: a Sentinel came back as Valkey, and Valkey cannot copy the data of this Redis. FACT-67 measured
 * Redis 8.0 with Valkey 8.1. The limit of 7.2 is inferred: Valkey is a fork of that release.
 */
function cannotCopy({ redis, sentinels }: FullSnapshot, journal: Journal): string | null {
  const primary = primaryOf({ redis })
  if (primary?.facts?.product !== 'Redis' || mayFollow('7.2', versionOf(primary))) return null
  const valkey = sentinels.find(
    (one) =>
      one.facts?.product === 'Valkey' &&
      journal.targets.some(({ name }) => name === one.name) &&
      !isPending(one, journal),
  )
  if (valkey === undefined) return null
  return (
    `${valkey.name} was restarted as Valkey ${valkey.facts?.version}, which cannot copy the data of Redis ${versionOf(primary)}. ` +
    `No Redis was restarted. Install Redis ${versionOf(primary)} or later again, then run the upgrade again.`
  )
}

/** The reason to stop: a replica came back with an older program than its primary's. Before its restart it may be older. */
function olderThanPrimary({ redis }: FullSnapshot, journal: Journal): string | null {
  const primary = primaryOf({ redis })
  if (primary === null) return null
  const wasRestarted = (node: Redis) =>
    journal.targets.some(({ name }) => name === node.name) && !isPending(node, journal)
  const older = redis.find((node) => wasRestarted(node) && !mayFollow(versionOf(node), versionOf(primary)))
  if (older === undefined) return null
  return (
    `${older.name} was restarted with version ${versionOf(older)}, but its primary ${primary.name} has version ${versionOf(primary)}: ` +
    'an older replica may not understand a newer primary. Install the newer program there.'
  )
}

const versionOf = ({ facts }: Redis) => facts?.version ?? ''
const offsetOf = ({ facts }: Redis) => facts?.replication.offset ?? 0

/**
 * Whether a Redis of this version may follow a primary of that one. A primary of a newer release may send what an older
 * replica does not know: a snapshot in a newer format, or a new command
 * (https://redis.io/docs/latest/operate/oss_and_stack/install/upgrade/). Patches of one release are alike. Pure.
 * INV-OPERATIONS-7.
 */
export function mayFollow(replica: string, primary: string): boolean {
  const [own, others] = [releaseOf(replica), releaseOf(primary)]
  return own[0] > others[0] || (own[0] === others[0] && own[1] >= others[1])
}

/** `7.0.15` is of the release 7.0. */
function releaseOf(version: string): [major: number, minor: number] {
  const [major = '', minor = ''] = version.split('.')
  return [Number(major) || 0, Number(minor) || 0]
}
