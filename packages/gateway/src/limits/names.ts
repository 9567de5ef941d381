import { isIP } from 'node:net'
import { ipv6Groups } from '@holdfast/tokens/address'

/**
 * The account that a typed name is counted for. Directories may find one account by several spellings, so what differs
 * only in case, in width or in spaces is counted as one: two accounts may share a count, and none has two.
 * INV-GATEWAY-2.
 */
export function accountOf(typedName: string): string {
  return typedName.toWellFormed().normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')
}

/** The network that an address is counted for: itself, or with IPv6 its /64, of which one client may use any address. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const groups = ipv6Groups(address.replace(/%.*/, ''))
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}
