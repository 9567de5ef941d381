import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { ClusterError } from '../errors.ts'
import { isLoopback } from '../file/network.ts'
import type { DataCentre, Host, Service, Site } from '../file/site.ts'

/**
 * Returns the address at which other hosts reach the Redis and Sentinel of a host. Nodes announce, monitor and follow
 * this address.
 *
 * With `stunnel`, it is a loopback address that stands for the host on every host. On the host itself, its Redis
 * listens there; on every other host, a stunnel listens there and forwards to that Redis. So the same address and
 * port mean the same node everywhere, which a failover needs, and plain traffic cannot leave a host even if stunnel
 * is down. (If nftables redirected the real address of the host, passwords would leave unencrypted whenever the rules
 * are not loaded. If a host had the address of its peer as an alias, it could not reach the peer.)
 *
 * Throws `RENDER_REFUSED` if the transport is `wireguard` and the host has no `tunnelAddress`.
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

/** The addresses at which Redis and Sentinel listen. Without a tunnel, also loopback, for tools on the host. */
export function bindAddresses(site: Site, host: Host): string[] {
  const address = tokenAddress(site, host)
  const tunnelled = site.transport === 'stunnel' || site.transport === 'wireguard'
  return tunnelled || isLoopback(address) ? [address] : [address, '127.0.0.1']
}

/** The hosts that store tokens. */
export const dataHosts = ({ hosts }: DataCentre): Host[] =>
  hosts.filter((host) => runsAny(host, ['redis', 'sentinel']))

/** The services that connect to Redis and Sentinel. */
export const TOKEN_SERVICES: readonly Service[] = [
  ...(['redis', 'sentinel', 'application', 'gateway', 'proxy', 'operator'] as const),
]

/**
 * The hosts that store tokens, use them, or operate the data centre. No other host may connect to Redis and Sentinel.
 */
export const tokenHosts = ({ hosts }: DataCentre): Host[] =>
  hosts.filter((host) => runsAny(host, TOKEN_SERVICES))

export const runsAny = ({ runs }: Host, services: readonly Service[]): boolean =>
  runs.some((service) => services.includes(service))

/**
 * Throws `RENDER_REFUSED` if two hosts would have the same address. With stunnel, this happens if their IPv4
 * addresses differ only in the first number.
 */
export function checkTokenAddresses(site: Site, dataCentre: DataCentre): void {
  const taken = new Map<string, string>()
  const hosts = site.transport === 'wireguard' ? tokenHosts(dataCentre) : dataHosts(dataCentre)
  for (const host of hosts) {
    const address = tokenAddress(site, host)
    const other = taken.get(address)
    if (other !== undefined) {
      throw new ClusterError(
        'RENDER_REFUSED',
        `Hosts ${other} and ${host.name} of ${dataCentre.name} would both have the address ${address}. Give one of them another tunnelAddress.`,
      )
    }
    taken.set(address, host.name)
  }
}

/** The loopback address of 10.1.2.3 is 127.1.2.3. It does not depend on the other hosts of the site. */
function loopbackOf(address: string): string {
  const [, second = 0, third = 0, last = 0] =
    isIP(address) === 4
      ? address.split('.').map(Number)
      : [127, ...createHash('sha256').update(address).digest().subarray(0, 3)]
  // 127.0.0.1 and its neighbours have other uses.
  const [x, y] = second === 0 && third === 0 ? [255, 254] : [second, third]
  return `127.${x}.${y}.${last}`
}
