import { BlockList, isIP } from 'node:net'
import { canonicalHost } from '@holdfast/tokens/address'

type Family = 'ipv4' | 'ipv6'
type Subnet = readonly [network: string, bits: number, family: Family]

const listOf = (...subnets: Subnet[]): BlockList => {
  const list = new BlockList()
  for (const [network, bits, family] of subnets) list.addSubnet(network, bits, family)
  return list
}

const LOOPBACK = listOf(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'])
/** RFC 1918, RFC 6598 (shared address space, often used by tunnels) and RFC 4193. */
const PRIVATE = listOf(
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
)
/** Unspecified, multicast, reserved, and link-local addresses: other hosts cannot connect to them. */
const UNUSABLE = listOf(
  ['0.0.0.0', 8, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
)

/**
 * `ipv4`, `ipv6`, or null if the text is not an address. An address with a zone (`fe80::1%eth0`) is valid on one host
 * only.
 */
export function familyOf(address: string): Family | null {
  const version = address.includes('%') ? 0 : isIP(address)
  return version === 0 ? null : version === 4 ? 'ipv4' : 'ipv6'
}

const isIn =
  (list: BlockList) =>
  (address: string): boolean => {
    const family = familyOf(address)
    return family !== null && list.check(address, family)
  }

export const isLoopback = isIn(LOOPBACK)
export const isPrivate = isIn(PRIVATE)
export const isUnusable = isIn(UNUSABLE)

/** Whether it is a public internet address. */
export const isPublic = (address: string): boolean =>
  familyOf(address) !== null && !isLoopback(address) && !isPrivate(address) && !isUnusable(address)

/** The canonical spelling of an address (RFC 5952), or null if the text is not an address. */
export function canonical(address: string): string | null {
  return familyOf(address) === null ? null : canonicalHost(address)
}

/** Whether two addresses are in the same network of the usual size: /24 or /64. */
export function areNeighbours(one: string, other: string): boolean {
  const family = familyOf(one)
  if (family === null || family !== familyOf(other)) return false
  return listOf([one, family === 'ipv4' ? 24 : 64, family]).check(other, family)
}
