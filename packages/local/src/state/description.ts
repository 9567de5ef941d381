import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { StateFolder } from './folder.ts'

/** A data centre's addresses and first user, for scripts. `holdfast up --detach --json` prints it. Holds a password. */
export interface DataCentreDescription {
  name: string
  stateDir: string
  /** The URL of the balancer. */
  balancer: string
  /** The URLs of the gateways. */
  gateways: string[]
  redis: NodeAddress[]
  sentinels: NodeAddress[]
  /** A user of the gateways for first experiments. */
  user: string
  password: string
}

export const DEMO_USER = 'demo'

export function describe(
  { dataCentre, addresses }: LocalPlan,
  folder: StateFolder,
  secrets: Secrets,
): DataCentreDescription {
  return {
    name: dataCentre.name,
    stateDir: folder.path,
    balancer: urlOf(addresses.balancer),
    gateways: addresses.gateways.map(urlOf),
    redis: addresses.dataHosts.map(redisAddress),
    sentinels: addresses.dataHosts.map(sentinelAddress),
    user: DEMO_USER,
    password: secrets.demoPassword,
  }
}

export const urlOf = (address: NodeAddress) => `http://${formatAddress(address)}`
