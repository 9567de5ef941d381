import type { ConnectionOptions, NodeAddress } from '@holdfast/tokens/redis'
import { urlOf } from '../state/description.ts'
import { openLocal } from '../state/open.ts'
import { redisAddress } from '../topology/topology.ts'

/** As whom to connect to a Redis, and with which certificate. */
export interface NodeAccess extends Pick<ConnectionOptions, 'tls'> {
  username: string
  password: string
}

/** What a drill needs to know of a data centre. */
export interface DrillTarget {
  /** Base URL of the balancer, such as `http://127.0.1.1:8080`. */
  balancer: string
  /** Base URLs of the gateways. */
  gateways: readonly string[]
  redis: readonly NodeAddress[]
  /** How the user `admin` comes in to every Redis. */
  admin: NodeAccess
  /** The Sentinels' `down-after-milliseconds`. */
  downAfterMs: number
  usersFile: string
}

/** Reads a state folder. Throws `NOT_RUNNING` when no data centre lives there, `STATE_UNUSABLE` when it is damaged. */
export async function readTarget(stateDir: string): Promise<DrillTarget> {
  const { folder, topology, secrets, tls } = await openLocal(stateDir)
  return {
    balancer: urlOf(topology.balancer),
    gateways: topology.gateways.map(urlOf),
    redis: topology.dataHosts.map(redisAddress),
    admin: { username: 'admin', password: secrets.admin, ...(tls && { tls }) },
    downAfterMs: topology.timings.downAfterMs,
    usersFile: folder.usersFile,
  }
}
