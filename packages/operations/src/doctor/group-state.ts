import { isIP } from 'node:net'
import { answering, primaryOf } from '@holdfast/agent/group/health'
import { priorityOf } from '@holdfast/site/file/site'
import { redisAddress } from '@holdfast/site/topology/topology'
import { formatAddress, parseAddress } from '@holdfast/tokens/redis'
import type { Snapshot } from './snapshot.ts'

export const failoverIsUnderWay = ({ sentinels }: Snapshot) =>
  answering(sentinels).some(({ facts }) => facts.failingOver)

/** How many Sentinels name the Redis at that address as the primary. */
export const votesFor = ({ sentinels }: Snapshot, at: string): number =>
  answering(sentinels).filter(({ facts }) => facts.primary === at).length

/** The only Redis with the role primary, if a majority of the Sentinels names it too. */
export function confirmedPrimary(snapshot: Snapshot) {
  const only = primaryOf(snapshot)
  return only !== null && 2 * votesFor(snapshot, only.at) > snapshot.topology.dataHosts.length
    ? only
    : undefined
}

/** The address of the only Redis with the role primary; otherwise the address that most Sentinels name. */
export function likelyPrimary(snapshot: Snapshot): string | null {
  const only = primaryOf(snapshot)
  if (only !== null) return only.at
  const named = answering(snapshot.sentinels).map(({ facts }) => facts.primary)
  return [...named].sort((one, other) => votesFor(snapshot, other) - votesFor(snapshot, one))[0] ?? null
}

/** The Sentinels that name a wrong primary. */
export function dissenters(snapshot: Snapshot) {
  const primary = likelyPrimary(snapshot)
  return answering(snapshot.sentinels).filter(({ facts }) => primary !== null && facts.primary !== primary)
}

/** The Sentinels that watch the right primary. What the others know about their peers does not count. */
export function agreeing(snapshot: Snapshot) {
  const wrong = dissenters(snapshot)
  return answering(snapshot.sentinels).filter((one) => !wrong.some(({ name }) => name === one.name))
}

/** The hosts by which the processes know each other: the process that knows, and the address or name. */
export function knownHosts({ redis, sentinels }: Snapshot): [subject: string, host: string][] {
  return [
    ...answering(redis).flatMap(({ name, facts: { replication } }) =>
      [replication.primaryAddress ?? '', ...replication.replicas.map(({ address }) => address)].map(
        (at): [string, string] => [name, hostOf(at)],
      ),
    ),
    ...answering(sentinels).flatMap(({ name, facts }) =>
      [hostOf(facts.primary), ...[...facts.replicas, ...facts.sentinels].map(({ host }) => host)].map(
        (host): [string, string] => [name, host],
      ),
    ),
  ]
}

/** The host names by which processes know each other although the plan uses addresses. */
export function hostNames(snapshot: Snapshot): string[] {
  if (!plansAddresses(snapshot)) return []
  const hosts = knownHosts(snapshot).map(([, host]) => host)
  return [...new Set(hosts)].filter(isHostName)
}

export const plansAddresses = ({ topology }: Snapshot): boolean =>
  topology.dataHosts.every(({ host }) => isIP(host) !== 0)

export const isHostName = (host: string): boolean => host !== '' && isIP(host) === 0

const hostOf = (at: string): string => parseAddress(at)?.host ?? ''

/** The planned `replica-priority` of the Redis at that address, as Redis writes it. */
export function plannedPriority({ topology }: Snapshot, at: string): string {
  const host = topology.dataHosts.find((one) => formatAddress(redisAddress(one)) === at)
  return String(priorityOf(host ?? {}))
}

/** The Redis whose `replica-priority` is neither 0 nor planned, as an interrupted switchover leaves it. */
export const withChangedPriority = (snapshot: Snapshot) =>
  answering(snapshot.redis).filter(({ at, facts }) => {
    const live = facts.config['replica-priority'] ?? ''
    return live !== '0' && live !== plannedPriority(snapshot, at)
  })
