import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { ClusterError } from '../errors.ts'
import { isLoopback } from '../site/network.ts'
import type { DataCentre, Host, Service, Site } from '../site/site.ts'

/**
 * The address by which a host's Redis and Sentinel are known to all others: what they announce, monitor and follow.
 *
 * With `stunnel` it is a loopback address that stands for the host on every host: on its own there is its Redis, on
 * every other a stunnel that leads there. So the same address and port mean the same node everywhere, which a
 * failover needs, and plain traffic cannot leave a host even when stunnel is down. (Redirecting the host's real
 * address by nftables would send passwords in clear whenever the rules are not loaded; the peer's own address as an
 * alias would hide the peer.)
 *
 * Throws `RENDER_REFUSED` when the transport is `wireguard` and the host has no `tunnelAddress`.
 * INV-SITE-5.
 */
export function tokenAddress({ transport }: Site, host: Host): string {
  if (transport === 'stunnel') return host.tunnelAddress ?? loopbackOf(host.address)
  if (transport !== 'wireguard') return host.address
  if (host.tunnelAddress !== null) return host.tunnelAddress
  throw new ClusterError(
    'RENDER_REFUSED',
    `Host ${host.name} has no tunnelAddress, which the transport "wireguard" needs. Give each host one, such as 10.99.0.1.`,
  )
}

/** Redis and Sentinel listen here. The tunnels' ends are the only ways in; else the host's own tools may use loopback. */
export function bindAddresses(site: Site, host: Host): string[] {
  const address = tokenAddress(site, host)
  const tunnelled = site.transport === 'stunnel' || site.transport === 'wireguard'
  return tunnelled || isLoopback(address) ? [address] : [address, '127.0.0.1']
}

/** The hosts that store tokens. */
export const dataHosts = ({ hosts }: DataCentre): Host[] =>
  hosts.filter((host) => runsAny(host, ['redis', 'sentinel']))

/** What speaks with Redis and Sentinel. */
export const TOKEN_SERVICES: readonly Service[] = ['redis', 'sentinel', 'application', 'gateway', 'operator']

/** The hosts that store tokens, use them, or operate those: nobody else has business with Redis and Sentinel. */
export const tokenHosts = ({ hosts }: DataCentre): Host[] =>
  hosts.filter((host) => runsAny(host, TOKEN_SERVICES))

export const runsAny = ({ runs }: Host, services: readonly Service[]): boolean =>
  runs.some((service) => services.includes(service))

/**
 * Throws `RENDER_REFUSED` when two hosts would be known by one address.
 *
 * With stunnel those are hosts whose IPv4 addresses differ in the first number only.
 */
export function checkTokenAddresses(site: Site, dataCentre: DataCentre): void {
  const taken = new Map<string, string>()
  const known = site.transport === 'wireguard' ? tokenHosts(dataCentre) : dataHosts(dataCentre)
  for (const host of known) {
    const address = tokenAddress(site, host)
    const other = taken.get(address)
    if (other !== undefined) {
      throw new ClusterError(
        'RENDER_REFUSED',
        `Hosts ${other} and ${host.name} of ${dataCentre.name} would both be known as ${address}. Give one of them another tunnelAddress.`,
      )
    }
    taken.set(address, host.name)
  }
}

/** 10.1.2.3 is known as 127.1.2.3: it stays the same whatever else is in the site. */
function loopbackOf(address: string): string {
  const [, second = 0, third = 0, last = 0] =
    isIP(address) === 4
      ? address.split('.').map(Number)
      : [127, ...createHash('sha256').update(address).digest().subarray(0, 3)]
  // 127.0.0.1 and its neighbours have other uses.
  const [x, y] = second === 0 && third === 0 ? [255, 254] : [second, third]
  return `127.${x}.${y}.${last}`
}
