import type { Benchmark } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import type { ClientKind } from '../redis-clients/client.ts'
import { FAULTS } from '../redis-clients/faults.ts'
import { CLIENT_KINDS } from '../redis-clients/kinds.ts'
import type { Rates } from '../redis-clients/load.ts'
import { type Observed, observe } from '../redis-clients/observe.ts'
import { figuresOf, merge, rowOf, tablesOf } from '../redis-clients/report.ts'
import { LEASE_MS, TestBed } from '../redis-clients/test-bed.ts'
import { loadResults } from '../results.ts'

const NAME = 'redis-proxy-faults'
const RATES: Rates = { reads: 500, writes: 100 }

export const redisProxyFaults: Benchmark = {
  name: NAME,
  title: 'The Redis proxy: what unmodified clients notice of faults',
  async run({ stack, say, clients, faults }) {
    const bed = await TestBed.start(stack, await DataCentre.start(stack))
    const observed: Observed[] = []
    for (const kind of CLIENT_KINDS.filter(({ name }) => clients.includes(name))) {
      for (const fault of FAULTS.filter(({ name }) => faults.includes(name))) {
        for (const one of await observe(stack, bed, kind, fault, RATES)) {
          observed.push(one)
          say(`${kind.name} | ${rowOf(fault, one).join(' | ')}`)
        }
      }
    }
    const [before] = await loadResults([NAME])
    const all = merge((before?.observed ?? []) as Observed[], observed)
    return {
      setup: [
        `Each client with the proxy and without it has its own process, with ${RATES.reads} reads and ${RATES.writes} writes per second: INCR, SET of rising numbers under keys with one writer each, and RPUSH in turn; sessions only read and set. Both use the same three Redis and three Sentinels at the same time, so both have the same failover; where the two sides do different things they run one after the other. \`down-after-milliseconds\` 1500, no watchdog. ${CLIENT_KINDS.map(describe).join('; ')}. HAProxy asks each Redis for its role every half second.`,
        `Failed: answered with an error, or not at all within 30 s after the end. Lost: acknowledged writes that the primary does not hold when the group is healthy again. Done twice: what the counter has beyond the acknowledged and the failed increments, and elements that the list holds twice. Stale: reads of less than was acknowledged before the read began; in brackets: longer than the lease (${LEASE_MS} ms) before. All processes share two cores. A part can be run again alone, so rows may come from different runs.`,
      ],
      figures: figuresOf(all),
      tables: tablesOf(all),
      observed: all,
    }
  },
}

function describe({ about, without, rate }: ClientKind): string {
  const less = rate === undefined ? '' : `, ${rate} of the rate`
  return `${about}${less} (without the proxy: ${without})`
}
