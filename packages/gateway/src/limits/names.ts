import { isIP } from 'node:net'
import { ipv6Groups } from '@holdfast/tokens/address'

/**
 * The account that a typed name counts for. Directories may find one account by several spellings, so names that differ
 * only in case, width or spaces count as one. Two accounts may then share a count, but no account has two counts.
 * INV-GATEWAY-2.
 */
export function accountOf(typedName: string): string {
  return typedName.toWellFormed().normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')
}

/** The network that an address counts for: the address, or its /64 with IPv6, because one client can use a whole /64. */
export function networkOf(address: string): string {
  return isIP(address) === 6 ? ipv6Network(address, 4) : address
}

/**
 * The networks that an address belongs to, the widest first: a /24 with IPv4, a /48 with IPv6 (what one customer of a
 * provider gets), and then the network that the limits count.
 */
export function networksOf(address: string): readonly [string, string] {
  const block = isIP(address) === 6 ? ipv6Network(address, 3) : address.replace(/\.\d+$/, '.0/24')
  return [block, networkOf(address)]
}

/** The network of the first groups of an address, of 16 bits each. */
function ipv6Network(address: string, groups: number): string {
  const first = ipv6Groups(address.replace(/%.*/, '')).slice(0, groups)
  return `${first.map((group) => group.toString(16)).join(':')}::/${16 * groups}`
}
