import { PRIMARY_NAME } from '@holdfast/testing'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { HostGroup } from '../../src/host/group.ts'
import type { ConnectionPool } from '../../src/redis/connection-pool.ts'

/** These servers of a test as a host agent sees them, over connections of one user. */
export const groupOver = (
  connections: ConnectionPool,
  redis: readonly NodeAddress[],
  sentinels: readonly NodeAddress[],
): HostGroup =>
  new HostGroup(
    { primaryName: PRIMARY_NAME, failoverTimeoutMs: 6000, redis, sentinels },
    {
      sendToNode: (...request) => connections.send(...request),
      queryNode: (...request) => connections.send(...request),
      sendToSentinel: (...request) => connections.send(...request),
      open: (...request) => connections.open(...request),
      claim: async () => () => {},
      close: () => {},
    },
  )
