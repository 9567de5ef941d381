import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { WIREGUARD_DOCS } from './sources.ts'

export const tunnelAddressUnused: Rule = {
  id: 'tunnel-address-unused',
  severity: 'warning',
  summary: 'A host has a tunnel address, and the transport makes no tunnel.',
  why: 'Whoever reads the file believes that the traffic goes through a tunnel.',
  fix: 'Take `tunnelAddress` out, or set `transport: wireguard`.',
  source: WIREGUARD_DOCS,
  *check(site) {
    if (site.transport === 'wireguard' || site.transport === 'stunnel') return
    for (const { host, path } of allHosts(site)) {
      if (host.tunnelAddress === null) continue
      yield { path: [...path, 'tunnelAddress'], message: `The transport ${site.transport} makes no tunnel.` }
    }
  },
}
