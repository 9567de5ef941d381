import { isIPv4 } from 'node:net'

/** An IPv4 or IPv6 address as the 4 or 16 bytes in network order that a certificate carries (RFC 5280, 4.2.1.6). */
export function addressBytes(address: string): Uint8Array<ArrayBuffer> {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number))
  const [head = '', tail = ''] = canonicalAddress(address).split('::')
  const [first, last] = [groups(head), groups(tail)]
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The one way to write an address: an IPv6 one as the URL standard does, in hexadecimal groups with one `::` at most. */
export function canonicalAddress(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]`).hostname.slice(1, -1)
}

const groups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
