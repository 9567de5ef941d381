import type { NodeAddress } from '@holdfast/tokens/redis'
import { type DataCentre, hostsThatRun } from '../file/site.ts'
import { PORT } from '../topology/topology.ts'

/** Equivalent servers behind a balancer. Each can take any request, because they share their tokens. */
export interface WebServers {
  /** The name of the backend. */
  name: 'applications' | 'gateways'
  servers: { name: string; address: NodeAddress }[]
  /** Answers 200 if the server accepts requests. */
  healthPath: string
  /** Whether every request may be repeated on another server, even one that changes something. */
  repeatable: boolean
}

/** Servers, and the port of the balancer at which browsers reach them. */
export interface ServedSite extends WebServers {
  port: number
}

/** The defaults of Itential: port 3000 and a path for load balancers. Change both if an application differs. */
const APPLICATION = { port: 3000, healthPath: '/health/status' }

/**
 * The servers behind a balancer of this data centre: applications and gateways. Each kind has its own port; the first
 * kind has the usual port of HTTPS. Browsers send the cookie of the gateways to every port of a host.
 */
export function sitesBehind(dataCentre: DataCentre): ServedSite[] {
  const at = (service: 'application' | 'gateway', port: number) =>
    hostsThatRun(dataCentre, service).map(({ name, address }) => ({ name, address: { host: address, port } }))
  const applications: WebServers = {
    name: 'applications',
    servers: at('application', APPLICATION.port),
    healthPath: APPLICATION.healthPath,
    repeatable: false,
  }
  const gateways: WebServers = {
    name: 'gateways',
    servers: at('gateway', PORT.http),
    healthPath: '/readyz',
    repeatable: true,
  }
  return [applications, gateways]
    .filter(({ servers }) => servers.length > 0)
    .map((site, index) => ({ ...site, port: index === 0 ? PORT.https : PORT.secondHttps }))
}
