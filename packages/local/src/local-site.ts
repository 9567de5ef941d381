import { type DataCentre, type Engine, REDIS_SETTINGS, type Site } from '@holdfast/site/file/site'
import { dataHosts, runsAny } from '@holdfast/site/render/placement'
import { resolveTopology } from '@holdfast/site/topology/resolve'
import type { Topology } from '@holdfast/site/topology/topology'
import { InvalidOptionError } from '@holdfast/tokens'

export interface LocalSiteOptions {
  /** The first three numbers of the first data centre's addresses. Each further one gets the next network. Default is `127.0.1`. */
  network?: string
  /** The transport to use instead of the site's. */
  transport?: string
  /** The engine that is installed on this machine. Default is the site's. */
  engine?: Engine
}

/** The last number of the first gateway's address. */
const FIRST_GATEWAY = 21

/**
 * Maps the data centres of a site to this machine. Each host becomes a loopback address, and each host of an application or
 * a gateway becomes a gateway. Pure.
 *
 * Throws `INVALID_OPTION` for an unknown transport, or a data centre that does not have three data hosts.
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
      `${name} has ${stores.length} hosts for Redis and Sentinel. \`holdfast up\` runs data centres with three.`,
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
 * The transport on this machine. Traffic between two addresses of one machine never enters a WireGuard tunnel, so loopback
 * stands for the inside of the tunnel, where traffic is not encrypted.
 */
const localTransport = (transport: string) => (transport === 'wireguard' ? 'plain' : transport)

/** The network of the data centre with this index: 127.0.1, 127.0.2 and so on. */
function nextNetwork(network: string, index: number): string {
  const numbers = network.split('.')
  const last = Number(numbers.pop()) + index
  return [...numbers, last].join('.')
}
