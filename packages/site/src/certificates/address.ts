import { isIPv4 } from 'node:net'
import { ipv6Groups } from '@holdfast/tokens/address'

/** Encodes an IPv4 or IPv6 address as 4 or 16 bytes in network order, as in a certificate (RFC 5280, 4.2.1.6). */
export function addressBytes(address: string): Uint8Array<ArrayBuffer> {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number))
  return Uint8Array.from(ipv6Groups(address).flatMap((group) => [group >> 8, group & 0xff]))
}

/**
 * Returns the canonical spelling of an address. IPv6 is spelled as in URLs: hexadecimal groups with at most one `::`.
 */
export function canonicalAddress(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]`).hostname.slice(1, -1)
}
