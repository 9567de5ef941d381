import { familyOf, isLoopback, isPrivate } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

export const tunnelAddressRange: Rule = {
  id: 'tunnel-address-range',
  severity: 'error',
  summary: 'A tunnel address is not in the range that the transport needs.',
  why: 'Inside a WireGuard tunnel an address of the internet hides the host that really has it. With stunnel the address stands for a host on every host, so it must be a loopback address: else traffic leaves in clear when stunnel is down.',
  fix: 'With wireguard take a private address (10.x, 172.16-31.x, 192.168.x, 100.64-127.x or fc00::/7); with stunnel one of 127.x.x.x, or leave it out.',
  source: rfc(1918, 'Address Allocation for Private Internets'),
  *check(site) {
    const fits = { wireguard: isPrivate, stunnel: isLoopback, tls: null, plain: null }[site.transport]
    if (fits === null) return
    for (const { host, path } of allHosts(site)) {
      const { tunnelAddress } = host
      if (tunnelAddress === null || familyOf(tunnelAddress) === null || fits(tunnelAddress)) continue
      const wanted = site.transport === 'wireguard' ? 'private' : 'loopback'
      yield { path: [...path, 'tunnelAddress'], message: `${tunnelAddress} is no ${wanted} address.` }
    }
  },
}
