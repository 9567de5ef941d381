import type { GroupAccess } from '@holdfast/agent/redis/access'
import { sentinelAddress } from '@holdfast/site/topology/topology'
import type { CommonRedisOptions, SentinelTopology } from '@holdfast/tokens'

/** The library's options for the store of a data centre, as the application's user. Holds secrets. */
export function storeOptions({ topology, secrets, tls }: GroupAccess): CommonRedisOptions & SentinelTopology {
  return {
    dataCentre: topology.name,
    keyring: secrets.keyring,
    sentinels: topology.dataHosts.map(sentinelAddress),
    primaryName: topology.primaryName,
    groupMark: secrets.mark,
    username: 'app',
    password: secrets.app,
    sentinelUsername: 'app',
    sentinelPassword: secrets.sentinelApp,
    ...(tls && { tls }),
  }
}
