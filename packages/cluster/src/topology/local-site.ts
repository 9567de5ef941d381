import { InvalidOptionError } from '@holdfast/tokens'
import { dataHosts, runsAny } from '../render/placement.ts'
import { type DataCentre, type Engine, REDIS_SETTINGS, type Site } from '../site/site.ts'
import { resolveTopology } from './resolve.ts'
import type { Topology } from './topology.ts'

export interface LocalSiteOptions {
  /** The first three numbers of the first data centre's addresses; each further one has the next. Default is `127.0.1`. */
  network?: string
  /** Instead of the site's own. */
  transport?: string
  /** What is installed here. Default is the site's own. */
  engine?: Engine
}

/** The last number of the first gateway's address. */
const FIRST_GATEWAY = 21

/**
 * The data centres of a site as they run on this machine: each host becomes a loopback address, and each host of an
 * application or a gateway becomes a gateway. Pure.
 *
 * Throws `INVALID_OPTION`: for a transport that there is not, or a data centre that has not three data hosts.
 */
export function localTopologies(
  site: Site,
  { network = '127.0.1', transport = site.transport, engine = site.engine }: LocalSiteOptions = {},
): Topology[] {
  return site.dataCentres.map((dataCentre, index) =>
    localTopology({ ...site, engine }, dataCentre, nextNetwork(network, index), localTransport(transport)),
  )
}

function localTopology(
  { engine, redis = REDIS_SETTINGS, timings, rotation }: Site,
  dataCentre: DataCentre,
  network: string,
  transport: string,
): Topology {
  const { name, primaryName, quorum, hosts } = dataCentre
  const stores = dataHosts(dataCentre)
  if (stores.length !== 3) {
    throw new InvalidOptionError(
      `${name} has ${stores.length} hosts for Redis and Sentinel. On one machine three are run.`,
    )
  }
  const served = hosts.filter((host) => runsAny(host, ['application', 'gateway']))
  const gateways = Array.from(
    { length: Math.max(1, served.length) },
    (_, index) => `${network}.${FIRST_GATEWAY + index}`,
  )
  const topology = resolveTopology({ name, network, transport, gateways })
  const dataHostsOf = topology.dataHosts.map((dataHost, index) => {
    const { replicaPriority } = stores[index] ?? {}
    return replicaPriority === undefined ? dataHost : { ...dataHost, replicaPriority }
  })
  return {
    ...topology,
    dataHosts: dataHostsOf,
    primaryName,
    timings,
    engine,
    redis,
    ...(quorum !== undefined && { quorum }),
    ...(rotation && { rotation }),
  }
}

/**
 * The transport on this machine. What goes from one address of a machine to another never enters a WireGuard tunnel, so
 * loopback stands for the inside of it, where Redis and its clients speak plain.
 */
const localTransport = (transport: string) => (transport === 'wireguard' ? 'plain' : transport)

/** 127.0.1, 127.0.2 and so on. */
function nextNetwork(network: string, index: number): string {
  const numbers = network.split('.')
  const last = Number(numbers.pop()) + index
  return [...numbers, last].join('.')
}
