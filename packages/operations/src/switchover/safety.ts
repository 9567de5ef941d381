import { health, INCOMPLETE, type Planned, primaryOf } from '@holdfast/agent/group/health'
import type { GroupSnapshot, ProcessSnapshot, RedisState } from '@holdfast/agent/group/snapshot'

/**
 * A switchover is safe, and it is complete, when all take part: every replica can follow the new primary, and every
 * Sentinel learns it. What a Sentinel knows of the others does not count: SENTINEL FAILOVER needs no votes.
 */
export const SWITCHOVER_NEEDS = INCOMPLETE

/** The choice of the new primary. */
export interface Choice {
  /** `host` or `host:port` of the replica to promote; null: the one with the smallest lag. */
  wish: string | null
  /** The names of nodes with priority 0: they become primary only when a user names them. */
  notChosen: readonly string[]
}

/** From which node to which. */
export interface Move {
  from: ProcessSnapshot<RedisState>
  to: ProcessSnapshot<RedisState>
}

/** The old and the new primary of a planned switchover, or one sentence about why it would not be safe now. Pure. */
export function planMove(
  snapshot: GroupSnapshot,
  planned: Planned,
  { wish, notChosen }: Choice,
): Move | string {
  const reasons = health(snapshot, planned)
  const unsafe = reasons.find(({ code }) => SWITCHOVER_NEEDS.includes(code))
  const from = primaryOf(snapshot)
  if (unsafe !== undefined || from === null) {
    return `${unsafe?.text} A switchover is for a healthy data centre: see \`holdfast status\`.`
  }
  const replicas = snapshot.redis.filter(({ name }) => name !== from.name)
  const to =
    wish === null
      ? mostComplete(replicas.filter(({ name }) => !notChosen.includes(name)))
      : snapshot.redis.find((node) => isMeant(node, wish))
  if (to === undefined) {
    const known = replicas.map(({ address }) => address.host).join(', ')
    return wish === null
      ? 'There is no replica that could be promoted.'
      : `There is no Redis at "${wish}". The replicas are ${known}.`
  }
  if (to.name === from.name) return `${from.at} is already the primary.`
  // The other replica may lag: it copies from the new primary what it lacks.
  const lag = reasons.find(({ code, process }) => code === 'replica-behind' && process === to.name)
  if (lag !== undefined) return `${lag.text} Try again when it has caught up.`
  return { from, to }
}

const isMeant = ({ address, at }: ProcessSnapshot<unknown>, wish: string) =>
  wish === address.host || wish === at

const mostComplete = (replicas: readonly ProcessSnapshot<RedisState>[]) =>
  replicas.toSorted((one, other) => offsetOf(other) - offsetOf(one))[0]

const offsetOf = ({ facts }: ProcessSnapshot<RedisState>) => facts?.replication.offset ?? 0
