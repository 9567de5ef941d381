import { familyOf } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const addressIsIp: Rule = {
  id: 'address-is-ip',
  severity: 'error',
  summary: 'An address is a host name, or no address at all.',
  why: 'Sentinel compares texts: a host that it knows by a name and by an address is two hosts to it, one of which is never up. Names also fail over only when DNS answers.',
  fix: 'Give the IPv4 or IPv6 address. Names for the certificate go under `names`.',
  source: SENTINEL_DOCS,
  *check(site) {
    for (const { host, path } of allHosts(site)) {
      for (const key of ['address', 'tunnelAddress'] as const) {
        const address = host[key]
        if (address === null || familyOf(address) !== null) continue
        yield { path: [...path, key], message: `"${address}" is no IPv4 or IPv6 address.` }
      }
    }
  },
}
