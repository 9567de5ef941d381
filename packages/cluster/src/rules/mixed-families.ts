import { familyOf } from '../site/network.ts'
import { hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const mixedFamilies: Rule = {
  id: 'mixed-families',
  severity: 'warning',
  summary: 'The Redis and Sentinel hosts of a data centre have IPv4 and IPv6 addresses.',
  why: 'Each host must then reach and be reached by both kinds. One that has only one of them is cut off from a part of the group, which is harder to see than an outage.',
  fix: 'Give all of them addresses of one kind.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const [first, ...others] = hostsOf(dataCentre, ['redis', 'sentinel'])
      const family = familyOf(first?.host.address ?? '')
      for (const { host, path } of others) {
        const own = familyOf(host.address)
        if (own === null || family === null || own === family) continue
        yield {
          path: [...path, 'address'],
          message: `${host.address} is of another kind than ${first?.host.address}.`,
        }
      }
    }
  },
}
