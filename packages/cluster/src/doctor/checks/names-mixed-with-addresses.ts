import { isIP } from 'node:net'
import { parseAddress } from '@holdfast/tokens/redis'
import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering, type Snapshot } from '../snapshot.ts'

export const namesMixedWithAddresses: Check = {
  id: 'names-mixed-with-addresses',
  severity: 'error',
  title: 'Host names are mixed with addresses',
  why: 'Sentinel takes a name and an address for two processes: it counts voters and replicas that do not exist.',
  check: (snapshot) => {
    const planned = snapshot.topology.dataHosts.map(({ host }) => host)
    const byAddress = planned.every((host) => isIP(host) !== 0)
    const isOdd = (host: string) => host !== '' && (isIP(host) !== 0) !== byAddress && !planned.includes(host)
    const announced = answering(snapshot.redis)
      .filter(({ facts }) => isOdd(facts.config['replica-announce-ip'] ?? ''))
      .map((redis) => ({
        subject: redis.name,
        evidence: `Its replica-announce-ip is "${redis.facts.config['replica-announce-ip']}", while the others go by ${byAddress ? 'address' : 'name'}.`,
        ...setDirective(redis, 'replica-announce-ip', redis.address.host),
      }))
    if (announced.length > 0) return announced
    return knownHosts(snapshot)
      .filter(([, host]) => isOdd(host))
      .map(([subject, host]) => ({
        subject,
        evidence: `It knows "${host}", while the plan goes by ${byAddress ? 'address' : 'name'}.`,
        mend: `Find which process announces "${host}" and let it announce as the others do.`,
      }))
  },
}

function knownHosts({ redis, sentinels }: Snapshot): [subject: string, host: string][] {
  const hostOf = (at: string) => parseAddress(at)?.host ?? ''
  return [
    ...answering(redis).map(({ name, facts }): [string, string] => [
      name,
      hostOf(facts.replication.primaryAddress ?? ''),
    ]),
    ...answering(sentinels).flatMap(({ name, facts }) =>
      [hostOf(facts.primary), ...[...facts.replicas, ...facts.sentinels].map(({ host }) => host)].map(
        (host): [string, string] => [name, host],
      ),
    ),
  ]
}
