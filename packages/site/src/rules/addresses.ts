import { canonical, familyOf, isLoopback, isPublic, isUnusable } from '../file/network.ts'
import { allHosts, hostsOf } from './hosts.ts'
import type { Rule } from './rule.ts'
import { rfc, SENTINEL_DOCS, sharedTokenRedis } from './sources.ts'

const ADDRESS_KEYS = ['address', 'tunnelAddress'] as const

/** Rules about the addresses of hosts. */
export const addressRules: readonly Rule[] = [
  {
    id: 'address-is-ip',
    severity: 'error',
    summary: 'An address is a host name, or not an address at all.',
    why: 'Sentinel compares addresses as texts. It takes a host name and its address for two hosts, one of which is always down. A failover with host names also depends on DNS.',
    fix: 'Use the IPv4 or IPv6 address. Put the names for the certificate under `names`.',
    source: SENTINEL_DOCS,
    *check(site) {
      for (const { host, path } of allHosts(site)) {
        for (const key of ADDRESS_KEYS) {
          const address = host[key]
          if (address === null || familyOf(address) !== null) continue
          const hint = /^[\d.]+:\d+$/.test(address) ? ' Write it without the port.' : ''
          yield { path: [...path, key], message: `"${address}" is not an IPv4 or IPv6 address.${hint}` }
        }
      }
    },
  },
  {
    id: 'address-spelling',
    severity: 'error',
    summary: 'An IPv6 address is not in its canonical spelling.',
    why: 'Redis and Sentinel compare addresses as texts. If the file and the operating system spell an address differently, they take it for two hosts.',
    fix: 'Write the address as the message spells it.',
    source: rfc(5952, 'A Recommendation for IPv6 Address Text Representation'),
    *check(site) {
      for (const { host, path } of allHosts(site)) {
        for (const key of ADDRESS_KEYS) {
          const expected = canonical(host[key] ?? '')
          if (expected === null || expected === host[key]) continue
          yield { path: [...path, key], message: `The canonical spelling of ${host[key]} is ${expected}.` }
        }
      }
    },
  },
  {
    id: 'duplicate-address',
    severity: 'error',
    summary: 'Two hosts of a data centre have the same address.',
    why: 'Both entries are one machine. Two copies of a session are then only one, and only one of two Redis can listen.',
    fix: 'Give each host its own address, inside the tunnel too.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        for (const key of ADDRESS_KEYS) {
          const owners = new Map<string, string>()
          for (const { host, path } of hostsOf(dataCentre)) {
            const address = host[key]
            if (address === null) continue
            const text = canonical(address) ?? address
            const owner = owners.get(text)
            owners.set(text, owner ?? host.name)
            if (owner === undefined) continue
            yield { path: [...path, key], message: `${owner} already has the address ${text}.` }
          }
        }
      }
    },
  },
  {
    id: 'usable-address',
    severity: 'error',
    summary: 'Other hosts cannot reach a host at its address.',
    why: '0.0.0.0 and :: mean any address of this host. 169.254.x.x and fe80:: can change, or are valid on one link only. A multicast address belongs to no single host. Other hosts cannot connect to any of them.',
    fix: 'Use the address at which the other hosts reach this host.',
    source: rfc(6890, 'Special-Purpose IP Address Registries'),
    *check(site) {
      for (const { host, path } of allHosts(site)) {
        for (const key of ADDRESS_KEYS) {
          if (!isUnusable(host[key] ?? '')) continue
          yield { path: [...path, key], message: `Other hosts cannot reach ${host.name} at ${host[key]}.` }
        }
      }
    },
  },
  {
    id: 'loopback-mixed',
    severity: 'error',
    summary: 'Only some hosts of a data centre have loopback addresses.',
    why: 'A loopback address points every host to itself. If a Redis announces 127.0.0.1, each other host connects to its own Redis instead.',
    fix: 'Use the address at which the other hosts reach this host. Use loopback addresses only if the whole data centre runs on one machine.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const hosts = hostsOf(dataCentre)
        const local = hosts.filter(({ host }) => isLoopback(host.address))
        if (local.length === hosts.length) continue
        for (const { host, path } of local) {
          yield {
            path: [...path, 'address'],
            message: `${host.address} is a loopback address, but ${dataCentre.name} has hosts on other machines.`,
          }
        }
      }
    },
  },
  {
    id: 'mixed-families',
    severity: 'warning',
    summary: 'The Redis and Sentinel hosts of a data centre mix IPv4 and IPv6 addresses.',
    why: 'Every host must then support both families in both directions. A host that supports only one is cut off from a part of the group, which is harder to notice than an outage.',
    fix: 'Give all these hosts addresses of one family.',
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
            message: `${host.address} is of another address family than ${first?.host.address}.`,
          }
        }
      }
    },
  },
  {
    id: 'public-address',
    severity: 'warning',
    summary: 'Redis or Sentinel has a public internet address.',
    why: 'Only applications should be able to reach Redis. At a public address, the firewall is the only protection.',
    fix: 'Use a private address (10.x, 172.16-31.x, 192.168.x or fc00::/7), or make sure that the firewall which Holdfast renders is loaded.',
    source: sharedTokenRedis('security: block access from all outside'),
    *check(site) {
      if (site.transport === 'plain') return
      for (const { host, path } of allHosts(site, ['redis', 'sentinel'])) {
        if (!isPublic(host.address)) continue
        yield {
          path: [...path, 'address'],
          message: `${host.name} stores tokens at the public address ${host.address}.`,
        }
      }
    },
  },
]
