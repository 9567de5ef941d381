import { isNoHost } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

export const usableAddress: Rule = {
  id: 'usable-address',
  severity: 'error',
  summary: 'An address is one at which no other host can be reached.',
  why: '0.0.0.0 and :: mean any address of this host, 169.254.x.x and fe80:: change or need a link, and multicast is nobody. Announced to the others they lead nowhere.',
  fix: 'Give the address at which the other hosts reach this one.',
  source: rfc(6890, 'Special-Purpose IP Address Registries'),
  *check(site) {
    for (const { host, path } of allHosts(site)) {
      for (const key of ['address', 'tunnelAddress'] as const) {
        if (!isNoHost(host[key] ?? '')) continue
        yield { path: [...path, key], message: `No other host can reach ${host.name} at ${host[key]}.` }
      }
    }
  },
}
