import { isIP } from 'node:net'
import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { goesByAddress, knownHosts } from '../host-names.ts'
import { answering } from '../snapshot.ts'

export const namesMixedWithAddresses: Check = {
  id: 'names-mixed-with-addresses',
  severity: 'error',
  title: 'Host names are mixed with addresses',
  why: 'Sentinel takes a name and an address for two processes: it counts voters and replicas that do not exist.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) => {
    // Nothing but addresses can be planned.
    if (!goesByAddress(snapshot)) return []
    const isName = (host: string) => host !== '' && isIP(host) === 0
    const known = knownHosts(snapshot).filter(([, host]) => host !== '')
    const allByName = known.length > 0 && known.every(([, host]) => isName(host))
    const announced = answering(snapshot.redis)
      .map((redis) => ({ redis, host: redis.facts.config['replica-announce-ip'] ?? '' }))
      .filter(({ host }) => isName(host))
    if (announced.length > 0) {
      return announced.map(({ redis, host }) => ({
        subject: redis.name,
        evidence: `Its replica-announce-ip is "${host}", while the plan has addresses.`,
        ...(allByName ? { mend: LEAVE } : setDirective(redis, 'replica-announce-ip', redis.address.host)),
      }))
    }
    return known
      .filter(([, host]) => isName(host))
      .map(([subject, host]) => ({
        subject,
        evidence: `It knows "${host}", while the plan has addresses.`,
        mend: allByName
          ? LEAVE
          : `Find which process announces "${host}" and let it announce as the others do.`,
      }))
  },
}

const LEAVE =
  'Leave it: these processes know each other by host names alone. One that announced an address now would be taken for two, and a failover may let it follow itself.'
