import type { NodeAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../errors.ts'
import { readSecrets } from '../operate/prepare.ts'
import { urlOf } from '../state/description.ts'
import { StateFolder } from '../state/folder.ts'
import { readTopology } from '../state/saved-topology.ts'
import { redisAddress } from '../topology/topology.ts'

/** What a drill needs to know of a data centre. */
export interface DrillTarget {
  /** Base URL of the balancer, such as `http://127.0.1.1:8080`. */
  balancer: string
  /** Base URLs of the gateways. */
  gateways: readonly string[]
  redis: readonly NodeAddress[]
  /** Password of the user `admin` on every Redis. */
  adminPassword: string
  /** The Sentinels' `down-after-milliseconds`. */
  downAfterMs: number
  usersFile: string
}

/** Reads a state folder. Throws `NOT_RUNNING` when no data centre lives there, `STATE_UNUSABLE` when it is damaged. */
export async function readTarget(stateDir: string): Promise<DrillTarget> {
  const folder = new StateFolder(stateDir)
  const [topology, secrets] = await Promise.all([readTopology(folder), readSecrets(folder)])
  if (topology === null || secrets === null) {
    throw new ClusterError(
      'NOT_RUNNING',
      `There is no data centre in ${folder.path}. Start it with \`holdfast up\`, or name another with \`--name\`.`,
    )
  }
  return {
    balancer: urlOf(topology.balancer),
    gateways: topology.gateways.map(urlOf),
    redis: topology.dataHosts.map(redisAddress),
    adminPassword: secrets.admin,
    downAfterMs: topology.timings.downAfterMs,
    usersFile: folder.usersFile,
  }
}
