import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import { sentinelAddress, type Topology } from '../topology/topology.ts'

/** The configuration file of one gateway, as `holdfast gateway --config` reads it. Holds secrets: mode 0600. */
export function renderGatewayConfig(
  topology: Topology,
  name: string,
  listen: NodeAddress,
  secrets: Secrets,
  usersFile: string,
): string {
  const config = {
    name,
    dataCentre: topology.name,
    listen,
    usersFile,
    secureCookies: false,
    store: {
      sentinels: topology.dataHosts.map(sentinelAddress),
      primaryName: topology.primaryName,
      username: 'app',
      password: secrets.app,
      sentinelUsername: 'app',
      sentinelPassword: secrets.sentinelApp,
      keyring: secrets.keyring,
    },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
