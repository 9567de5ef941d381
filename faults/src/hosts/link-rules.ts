import { addressOf, DATA_HOSTS, type Place, SENTINEL_PORT, sentinelOf } from './places.ts'

/** One way from one place to another. */
export interface Way {
  from: Place
  to: Place
}

/** What happens to packets on some ways. */
export interface LinkFault {
  /** Letters, digits and `_`. */
  id: string
  ways: Way[]
  /** How many of a hundred packets are dropped; 100 is a cut. */
  lossPercent: number
}

/** All ways between two groups of places, in both directions or only from the first to the second. */
export function waysBetween(some: readonly Place[], others: readonly Place[], oneWay = false): Way[] {
  return some.flatMap((from) =>
    others
      .filter((to) => to !== from)
      .flatMap((to) =>
        oneWay
          ? [{ from, to }]
          : [
              { from, to },
              { from: to, to: from },
            ],
      ),
  )
}

const TABLE = 'bridge faults'

/** The nftables script that makes just these faults the rules of the bridge. Each has a counter of its name. */
export function renderLinkRules(faults: readonly LinkFault[]): string {
  const counters = faults.map(({ id }) => `add counter ${TABLE} ${id}`)
  const rules = faults.map(({ id, ways, lossPercent }) => {
    const pairs = ways.map(({ from, to }) => `${addressOf(from)} . ${addressOf(to)}`)
    const chance = lossPercent < 100 ? ` numgen random mod 100 < ${lossPercent}` : ''
    return `add rule ${TABLE} forward ip saddr . ip daddr { ${pairs.join(', ')} }${chance} counter name ${id} drop`
  })
  return [
    `add table ${TABLE}`,
    `add chain ${TABLE} forward { type filter hook forward priority 0; policy accept; }`,
    ...counters,
    `flush chain ${TABLE} forward`,
    ...rules,
    '',
  ].join('\n')
}

/**
 * The nftables script for the campaign's own namespace, where the product's operations run: they know a data host by one
 * address, so there the Sentinel's port leads on to the Sentinel's own place.
 */
export function renderOneAddress(): string {
  const chain = 'ip operator output'
  return [
    'add table ip operator',
    `add chain ${chain} { type nat hook output priority -100; policy accept; }`,
    ...DATA_HOSTS.map(
      (host) =>
        `add rule ${chain} ip daddr ${addressOf(host)} tcp dport ${SENTINEL_PORT} dnat to ${addressOf(sentinelOf(host))}`,
    ),
    '',
  ].join('\n')
}

/** The packets that each fault has dropped so far, from `nft -j list counters`. */
export function readDroppedPackets(json: string): Map<string, number> {
  const { nftables } = JSON.parse(json) as { nftables: { counter?: { name: string; packets: number } }[] }
  return new Map(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])))
}
