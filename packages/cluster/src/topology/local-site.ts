import { InvalidOptionError } from '@holdfast/tokens'
import { dataHosts, runsAny } from '../render/placement.ts'
import type { DataCentre, Site } from '../site/site.ts'
import { resolveTopology } from './resolve.ts'
import { LOCAL_TRANSPORTS, type LocalTransport, type Topology } from './topology.ts'

export interface LocalSiteOptions {
  /** The first three numbers of the first data centre's addresses; each further one has the next. Default is `127.0.1`. */
  network?: string
  /** Instead of the site's own. */
  transport?: string
}

/** The last number of the first gateway's address. */
const FIRST_GATEWAY = 21

/**
 * The data centres of a site as they run on this machine: each host becomes a loopback address, and each host of an
 * application or a gateway becomes a gateway. Pure.
 *
 * Throws `INVALID_OPTION`: for a transport that one machine cannot show, or a data centre that has not three data hosts.
 */
export function localTopologies(
  site: Site,
  { network = '127.0.1', transport = site.transport }: LocalSiteOptions = {},
): Topology[] {
  checkTransport(transport)
  return site.dataCentres.map((dataCentre, index) =>
    localTopology(site, dataCentre, nextNetwork(network, index), transport),
  )
}

function localTopology(
  { timings }: Site,
  dataCentre: DataCentre,
  network: string,
  transport: LocalTransport,
): Topology {
  const { name, primaryName, hosts } = dataCentre
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
  return { ...resolveTopology({ name, network, transport, gateways }), primaryName, timings }
}

function checkTransport(transport: string): asserts transport is LocalTransport {
  if (transport === 'wireguard') {
    throw new InvalidOptionError(
      'The transport "wireguard" cannot be shown on one machine: what goes from one of its addresses to another never enters a tunnel. Try the rest of the file with --transport tls.',
    )
  }
  if (LOCAL_TRANSPORTS.some((known) => known === transport)) return
  throw new InvalidOptionError(
    `The transport "${transport}" cannot be run on one machine. Try the rest of the file with --transport tls.`,
  )
}

/** 127.0.1, 127.0.2 and so on. */
function nextNetwork(network: string, index: number): string {
  const numbers = network.split('.')
  const last = Number(numbers.pop()) + index
  return [...numbers, last].join('.')
}
