import type { NodeAddress } from '@holdfast/tokens/redis'
import { type DataCentre, hostsThatRun } from '../site/site.ts'
import { PORT } from '../topology/topology.ts'

/** The servers behind a balancer, all alike: any of them can take any request, since they share their tokens. */
export interface WebServers {
  /** What they are called. */
  name: 'applications' | 'gateways'
  servers: { name: string; address: NodeAddress }[]
  /** Answers 200 when the server can take requests. */
  healthPath: string
  /** Every request may be sent again to another server, also one that changes something. */
  repeatable: boolean
}

/** Servers with the port at which browsers reach them through a balancer host. */
export interface ServedSite extends WebServers {
  port: number
}

/** Itential's own ways: port 3000 and a path for load balancers. Change both where an application differs. */
const APPLICATION = { port: 3000, healthPath: '/health/status' }

/**
 * What a balancer of this data centre stands before: its applications and its gateways, each at a port of its own; those
 * that are alone at the usual port of HTTPS. Browsers send the gateways' cookie to every port of a host.
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
