import type { Engine } from '@holdfast/site/file/site'
import { platformPassword } from '@holdfast/site/render/derived-secrets'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { type LocalPlan, proxySentinelAddress } from '@holdfast/site/topology/local-plan'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { StateFolder } from './folder.ts'

/** A data centre's addresses and users at its start, for scripts. `holdfast up --detach --json` prints it. Holds passwords. */
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
  /** The Redis proxy, its port for clients that ask Sentinels, and the user of its clients. */
  proxy: NodeAddress & { sentinelPort: number; user: string; password: string }
  /** The server, whose command line client is `<engine>-cli`. */
  engine: Engine['name']
}

export const DEMO_USER = 'demo'
/** The Redis user of applications that do not use the library. */
export const PLATFORM_USER = 'platform'

export function describe(
  { site, dataCentre, addresses }: LocalPlan,
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
    proxy: {
      ...addresses.proxy,
      sentinelPort: proxySentinelAddress(addresses).port,
      user: PLATFORM_USER,
      password: platformPassword(secrets),
    },
    engine: site.engine.name,
  }
}

export const urlOf = (address: NodeAddress) => `http://${formatAddress(address)}`
