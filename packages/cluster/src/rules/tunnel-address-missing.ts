import { TOKEN_SERVICES } from '../render/placement.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { WIREGUARD_DOCS } from './sources.ts'

export const tunnelAddressMissing: Rule = {
  id: 'tunnel-address-missing',
  severity: 'error',
  summary: 'The transport is wireguard, and a host has no address inside the tunnel.',
  why: 'Redis listens inside the tunnel only. A host without an address there reaches nobody.',
  fix: 'Give each host that handles tokens a `tunnelAddress`, such as 10.99.0.1.',
  source: WIREGUARD_DOCS,
  *check(site) {
    if (site.transport !== 'wireguard') return
    for (const { host, path } of allHosts(site, TOKEN_SERVICES)) {
      if (host.tunnelAddress === null) yield { path, message: `${host.name} has no tunnelAddress.` }
    }
  },
}
