import { areNeighbours, familyOf, isLoopback, isPrivate, isPublic } from '../file/network.ts'
import { TOKEN_SERVICES } from '../render/placement.ts'
import { allHosts } from './hosts.ts'
import type { Rule } from './rule.ts'
import { rfc, sharedTokenRedis, WIREGUARD_DOCS } from './sources.ts'

/** Rules about the encryption of traffic between hosts, and the addresses inside tunnels. */
export const transportRules: readonly Rule[] = [
  {
    id: 'plain-needs-reason',
    severity: 'error',
    summary: 'The transport between hosts is plain, and the file does not give a reason.',
    why: 'Passwords and logins then cross the network unencrypted. If that is intended, the next reader of the file needs to find the decision and its reason.',
    fix: 'Set `transport: tls`, or give the reason: `plainBecause: ...`.',
    source: sharedTokenRedis('security: encryption'),
    *check(site) {
      if (site.transport !== 'plain' || site.plainBecause !== null) return
      if (allHosts(site, TOKEN_SERVICES).every(({ host }) => isLoopback(host.address))) return
      yield {
        path: ['transport'],
        message: 'Traffic between hosts is not encrypted, and `plainBecause` gives no reason.',
      }
    },
  },
  {
    id: 'plain-on-public-address',
    severity: 'error',
    summary: 'Tokens would travel unencrypted to a public address.',
    why: 'Anyone who sees the traffic learns the passwords of Redis, and can list or end every session.',
    fix: 'Set `transport: tls`, or give the host a private address.',
    source: sharedTokenRedis('security: encryption'),
    *check(site) {
      if (site.transport !== 'plain') return
      for (const { host, path } of allHosts(site, TOKEN_SERVICES)) {
        if (!isPublic(host.address)) continue
        yield {
          path: [...path, 'address'],
          message: `The traffic of ${host.name} at the public address ${host.address} is not encrypted.`,
        }
      }
    },
  },
  {
    id: 'reason-without-plain',
    severity: 'warning',
    summary: 'The file gives a reason for plain traffic, but the transport is not plain.',
    why: 'One of the two settings is out of date. A reader of the file cannot tell whether the traffic is encrypted.',
    fix: 'Remove `plainBecause`, or set `transport: plain`.',
    source: sharedTokenRedis('security: encryption'),
    *check({ transport, plainBecause }) {
      if (transport === 'plain' || plainBecause === null) return
      yield { path: ['plainBecause'], message: `The transport is ${transport}, not plain.` }
    },
  },
  {
    id: 'tunnel-address-missing',
    severity: 'error',
    summary: 'The transport is wireguard, but a host has no address inside the tunnel.',
    why: 'Redis listens only inside the tunnel. A host without a tunnel address reaches no other host.',
    fix: 'Give each host that handles tokens a `tunnelAddress`, such as 10.99.0.1.',
    source: WIREGUARD_DOCS,
    *check(site) {
      if (site.transport !== 'wireguard') return
      for (const { host, path } of allHosts(site, TOKEN_SERVICES)) {
        if (host.tunnelAddress === null) yield { path, message: `${host.name} has no \`tunnelAddress\`.` }
      }
    },
  },
  {
    id: 'tunnel-address-range',
    severity: 'error',
    summary: 'A tunnel address is not in the range that the transport needs.',
    why: 'With WireGuard, a public address inside the tunnel hides the internet host that owns it. With stunnel, the address stands for one host on every host and must be a loopback address; otherwise traffic leaves unencrypted when stunnel is down.',
    fix: 'With wireguard, use a private address (10.x, 172.16-31.x, 192.168.x, 100.64-127.x or fc00::/7). With stunnel, use one of 127.x.x.x, or remove `tunnelAddress`.',
    source: rfc(1918, 'Address Allocation for Private Internets'),
    *check(site) {
      const fits = { wireguard: isPrivate, stunnel: isLoopback, tls: null, plain: null }[site.transport]
      if (fits === null) return
      for (const { host, path } of allHosts(site)) {
        const { tunnelAddress } = host
        if (tunnelAddress === null || familyOf(tunnelAddress) === null || fits(tunnelAddress)) continue
        const wanted = site.transport === 'wireguard' ? 'private' : 'loopback'
        yield {
          path: [...path, 'tunnelAddress'],
          message: `${tunnelAddress} is not a ${wanted} address, which ${site.transport} needs.`,
        }
      }
    },
  },
  {
    id: 'tunnel-address-overlap',
    severity: 'error',
    summary: 'A tunnel address is in the network of the real addresses.',
    why: 'The host cannot tell which packets belong inside the tunnel. It sends the packets that should carry the tunnel into the tunnel itself.',
    fix: 'Use a network for the tunnel that contains no real address of a host.',
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
          message: `${tunnelAddress} is in the same network as ${near.host.address}, the real address of ${near.host.name}.`,
        }
      }
    },
  },
  {
    id: 'tunnel-address-unused',
    severity: 'warning',
    summary: 'A host has a tunnel address, but the transport has no tunnel.',
    why: 'A reader of the file believes that the traffic goes through a tunnel.',
    fix: 'Remove `tunnelAddress`, or set `transport: wireguard`.',
    source: WIREGUARD_DOCS,
    *check(site) {
      if (site.transport === 'wireguard' || site.transport === 'stunnel') return
      for (const { host, path } of allHosts(site)) {
        if (host.tunnelAddress === null) continue
        yield {
          path: [...path, 'tunnelAddress'],
          message: `${host.name} has a tunnel address, but the transport ${site.transport} has no tunnel.`,
        }
      }
    },
  },
]
