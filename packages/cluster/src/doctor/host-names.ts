import { isIP } from 'node:net'
import { parseAddress } from '@holdfast/tokens/redis'
import { answering, type Snapshot } from './snapshot.ts'

/** As which hosts the processes know each other: who knows, and the address or name. */
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

/** The host names by which processes know each other, where the plan has addresses. */
export function hostNames(snapshot: Snapshot): string[] {
  if (!goesByAddress(snapshot)) return []
  const hosts = knownHosts(snapshot).map(([, host]) => host)
  return [...new Set(hosts)].filter((host) => host !== '' && isIP(host) === 0)
}

export const goesByAddress = ({ topology }: Snapshot): boolean =>
  topology.dataHosts.every(({ host }) => isIP(host) !== 0)

const hostOf = (at: string): string => parseAddress(at)?.host ?? ''
