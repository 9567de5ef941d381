import { areNeighbours } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { WIREGUARD_DOCS } from './sources.ts'

export const tunnelAddressOverlap: Rule = {
  id: 'tunnel-address-overlap',
  severity: 'error',
  summary: 'A tunnel address lies in the network of the real addresses.',
  why: 'A host cannot tell then what goes through the tunnel and what goes around it, and the tunnel swallows the packets that should carry it.',
  fix: 'Take a network for the tunnel in which no host has its real address.',
  source: WIREGUARD_DOCS,
  *check(site) {
    if (site.transport !== 'wireguard') return
    const hosts = allHosts(site)
    for (const { host, path } of hosts) {
      const { tunnelAddress } = host
      if (tunnelAddress === null) continue
      const near = hosts.find((other) => areNeighbours(tunnelAddress, other.host.address))
      if (near === undefined) continue
      yield {
        path: [...path, 'tunnelAddress'],
        message: `${tunnelAddress} is in the network of ${near.host.name}'s real address ${near.host.address}.`,
      }
    }
  },
}
