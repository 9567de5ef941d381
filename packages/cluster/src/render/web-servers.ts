import type { NodeAddress } from '@holdfast/tokens/redis'
import { type DataCentre, hostsThatRun } from '../site/site.ts'
import { PORT } from '../topology/topology.ts'

/** The servers behind a balancer, all alike: any of them can take any request, since they share their tokens. */
export interface WebServers {
  /** What they are called: `gateways`. */
  name: string
  servers: { name: string; address: NodeAddress }[]
  /** Answers 200 when the server can take requests. */
  healthPath: string
  /** Every request may be sent again to another server, also one that changes something. */
  repeatable: boolean
}

/** Itential's own ways: port 3000 and a path for load balancers. Change both where an application differs. */
const APPLICATION = { port: 3000, healthPath: '/health/status' }

/** What a balancer of this data centre stands before: its application servers, or else its gateways. */
export function serversBehind(dataCentre: DataCentre): WebServers {
  const applications = hostsThatRun(dataCentre, 'application')
  if (applications.length === 0) {
    return {
      name: 'gateways',
      servers: hostsThatRun(dataCentre, 'gateway').map(({ name, address }) => ({
        name,
        address: { host: address, port: PORT.http },
      })),
      healthPath: '/readyz',
      repeatable: true,
    }
  }
  return {
    name: 'applications',
    servers: applications.map(({ name, address }) => ({
      name,
      address: { host: address, port: APPLICATION.port },
    })),
    healthPath: APPLICATION.healthPath,
    repeatable: false,
  }
}
