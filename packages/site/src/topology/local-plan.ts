import type { NodeAddress } from '@holdfast/tokens/redis'
import type { DataCentre, Site } from '../file/site.ts'
import { groupOf } from './group.ts'
import { type DataHostAddress, type Group, PORT } from './topology.ts'

/** What `holdfast up` runs: one data centre of a site, and the addresses that stand for its hosts on this machine. */
export interface LocalPlan {
  /** The whole site, with the transport and the engine of this machine. */
  site: Site
  /** The one of `site.dataCentres` that runs. */
  dataCentre: DataCentre
  addresses: LocalAddresses
}

/** The addresses of the processes of a data centre on one machine. {@link tunnelOf} derives those of the tunnels. */
export interface LocalAddresses {
  /** For each host that runs Redis and Sentinel, in the order of the site. */
  dataHosts: DataHostAddress[]
  /** The gateways, in the balancer's order. */
  gateways: NodeAddress[]
  balancer: NodeAddress
  /** The Redis proxy. */
  proxy: NodeAddress
}

/** How far the port for clients that ask Sentinels is from the other one, as with Redis and Sentinel themselves. */
const TO_SENTINEL_PORT = PORT.sentinel - PORT.redis
const MAX_PORT = 65_535

/** Where the Redis proxy answers clients that ask Sentinels: on the same host, by default at port 26380. */
export function proxySentinelAddress({ proxy: { host, port } }: LocalAddresses): NodeAddress {
  const distance = port + TO_SENTINEL_PORT > MAX_PORT ? -TO_SENTINEL_PORT : TO_SENTINEL_PORT
  return { host, port: port + distance }
}

/** The same view of a local data centre that operations have of real hosts. */
export const localGroup = ({ site, dataCentre, addresses }: LocalPlan): Group =>
  groupOf(site, dataCentre, addresses.dataHosts)

/** The server program of the site's engine. */
export const serverOf = ({ engine }: Site): string => `${engine.name}-server`

/** Whether the site comes from a file: `loadSite` always sets the settings of Redis. */
export const isFromFile = ({ redis }: Site): boolean => redis !== undefined
