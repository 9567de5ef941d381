import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import { redisAddress, sentinelAddress, type Topology } from '../topology/topology.ts'
import type { StateFolder } from './folder.ts'

/** What a script needs to use a data centre; `holdfast up --detach --json` prints it. Holds a password. */
export interface DataCentreDescription {
  name: string
  stateDir: string
  /** URL of the balancer. */
  balancer: string
  /** URLs of the gateways. */
  gateways: string[]
  redis: NodeAddress[]
  sentinels: NodeAddress[]
  /** A user of the gateways for a first try. */
  user: string
  password: string
}

export const DEMO_USER = 'demo'

export function describe(topology: Topology, folder: StateFolder, secrets: Secrets): DataCentreDescription {
  return {
    name: topology.name,
    stateDir: folder.path,
    balancer: urlOf(topology.balancer),
    gateways: topology.gateways.map(urlOf),
    redis: topology.dataHosts.map(redisAddress),
    sentinels: topology.dataHosts.map(sentinelAddress),
    user: DEMO_USER,
    password: secrets.demoPassword,
  }
}

export const urlOf = (address: NodeAddress) => `http://${formatAddress(address)}`
