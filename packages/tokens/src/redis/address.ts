import { isIPv6 } from 'node:net'

/** The address of one Redis or Sentinel process. */
export interface NodeAddress {
  host: string
  port: number
}

/**
 * Formats an address as `host:port`, with IPv6 hosts in brackets. Each node has exactly one such text, no matter
 * how its IPv6 address is written: Redis shows the spelling from its configuration, and Sentinel shows the spelling
 * of the operating system.
 * INV-TOKENS-1.
 */
export function formatAddress({ host, port }: NodeAddress): string {
  const known = canonicalHost(host)
  return known.includes(':') ? `[${known}]:${port}` : `${known}:${port}`
}

/**
 * Parses the text that {@link formatAddress} returns, or returns null if the text is not an address. `defaultPort`
 * is the port of a text without a port. In such a text, an IPv6 host may be written without brackets.
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
 * Returns the standard spelling of an IPv6 address (RFC 5952), and IPv4 for an IPv4 address in IPv6 form. Returns
 * everything else unchanged: a name, an IPv4 address, a link-local address with a zone (`fe80::1%eth0`).
 */
export function canonicalHost(host: string): string {
  // This function runs for every node at every probe, so names and IPv4 addresses return early.
  if (!host.includes(':') || !isIPv6(host) || host.includes('%')) return host
  const groups = ipv6Groups(host)
  const isIpv4 = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  return isIpv4 ? groups.slice(6).flatMap(bytesOf).join('.') : shortest(host)
}

/** Returns the eight 16-bit groups of an IPv6 address. */
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
