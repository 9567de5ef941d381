import { isIPv6 } from 'node:net'

/** Where one Redis or Sentinel process listens. */
export interface NodeAddress {
  host: string
  port: number
}

/**
 * `host:port`, with IPv6 hosts in brackets. One node has one such text, however its IPv6 address is spelled: Redis shows
 * the spelling that it was given, and Sentinel that of the operating system.
 * INV-TOKENS-1.
 */
export function formatAddress({ host, port }: NodeAddress): string {
  const known = canonicalHost(host)
  return known.includes(':') ? `[${known}]:${port}` : `${known}:${port}`
}

/**
 * The address in the text that {@link formatAddress} gives, or null when it is none. `defaultPort`: that of a text that
 * names no port, where an IPv6 host may also stand without brackets.
 */
export function parseAddress(text: string, defaultPort?: number): NodeAddress | null {
  if (isIPv6(text)) return defaultPort === undefined ? null : { host: canonicalHost(text), port: defaultPort }
  const [, inBrackets, plain, digits] = /^(?:\[([^[\]]+)\]|([^[\]:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = inBrackets ?? plain
  const port = digits === undefined ? defaultPort : Number(digits)
  if (host === undefined || port === undefined || port > 65_535) return null
  if (inBrackets !== undefined && !isIPv6(inBrackets)) return null
  return { host: canonicalHost(host), port }
}

export const sameAddress = (one: NodeAddress, other: NodeAddress): boolean =>
  formatAddress(one) === formatAddress(other)

/**
 * The one spelling of an IPv6 address (RFC 5952), and IPv4 for an IPv4 address in IPv6 form. Anything else stays as it is:
 * a name, an IPv4 address, an address of one link (`fe80::1%eth0`).
 */
export function canonicalHost(host: string): string {
  // Also called for every node at every probe, so names and IPv4 addresses leave at once.
  if (!host.includes(':') || !isIPv6(host) || host.includes('%')) return host
  const groups = ipv6Groups(host)
  const isIpv4 = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  return isIpv4 ? groups.slice(6).flatMap(bytesOf).join('.') : shortest(host)
}

/** The eight 16-bit groups of an IPv6 address. */
export function ipv6Groups(address: string): number[] {
  const [head = '', tail] = shortest(address).split('::')
  const [first, last] = [groupsIn(head), groupsIn(tail ?? '')]
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

/** The URL standard writes an IPv6 address as RFC 5952 does, and IPv4 parts in hexadecimal. */
const shortest = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1)

const bytesOf = (group: number): [number, number] => [group >> 8, group & 0xff]

const groupsIn = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
