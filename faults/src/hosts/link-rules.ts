import { addressOf, DATA_HOSTS, type Place, SENTINEL_PORT, sentinelOf } from './places.ts'

/** One direction from one place to another. */
export interface DirectedLink {
  from: Place
  to: Place
}

/** A fault for the packets on some links. */
export interface LinkFault {
  /** Letters, digits and `_`. */
  id: string
  links: DirectedLink[]
  /** The percentage of dropped packets. 100 is a cut. */
  lossPercent: number
}

/** All links between two groups of places, in both directions or only from the first group to the second. */
export function linksBetween(
  some: readonly Place[],
  others: readonly Place[],
  oneWay = false,
): DirectedLink[] {
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

/**
 * Renders the nftables script that replaces the rules of the bridge with these faults. Each fault has a counter with
 * its name.
 */
export function renderLinkRules(faults: readonly LinkFault[]): string {
  const counters = faults.map(({ id }) => `add counter ${TABLE} ${id}`)
  const rules = faults.map(({ id, links, lossPercent }) => {
    const pairs = links.map(({ from, to }) => `${addressOf(from)} . ${addressOf(to)}`)
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
 * Renders the nftables script for the campaign's own namespace, where the product's operations run. The operations
 * know one address per data host, so the script redirects the Sentinel's port to the Sentinel's own place.
 */
export function renderSentinelRedirect(): string {
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

/** The number of packets that each fault has dropped so far, from `nft -j list counters`. */
export function readDroppedPackets(json: string): Map<string, number> {
  const { nftables } = JSON.parse(json) as { nftables: { counter?: { name: string; packets: number } }[] }
  return new Map(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])))
}
