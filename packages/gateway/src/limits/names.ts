import { isIP } from 'node:net'

/**
 * The account that a typed name is counted for. Directories may find one account by several spellings, so what differs
 * only in case, in width or in spaces is counted as one: two accounts may share a count, and none has two.
 */
export function accountOf(typedName: string): string {
  return typedName.toWellFormed().normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')
}

/** The network that an address is counted for: itself, or with IPv6 its /64, of which one client may use any address. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail?.split(':') ?? [])]
  const network = all.slice(0, 4).map((group) => Number.parseInt(group || '0', 16).toString(16))
  return `${network.join(':')}::/64`
}
