import { connectGroup, type GroupClients } from '@holdfast/agent/group/snapshot'
import { urlOf } from '@holdfast/local/state/description'
import { type LocalDataCentre, openLocal } from '@holdfast/local/state/open'
import { type Group, redisAddress } from '@holdfast/site/topology/topology'
import type { ConnectionOptions, NodeAddress } from '@holdfast/tokens/redis'

/** The user with which to log in to a Redis, and the certificate. */
export interface NodeAccess extends Pick<ConnectionOptions, 'tls'> {
  username: string
  password: string
}

/** A data centre, as a drill needs it. */
export interface DrillTarget extends GroupClients {
  /** Base URL of the balancer, such as `http://127.0.1.1:8080`. */
  balancer: string
  /** Base URLs of the gateways. */
  gateways: readonly string[]
  redis: readonly NodeAddress[]
  /** How the user `admin` logs in to every Redis now. */
  admin(): NodeAccess
  usersFile: string
  /** As it was at the beginning. */
  dataCentre: LocalDataCentre
  topology: Group
  /** Reads passwords and certificates again, after a rotation: new connections use them, open ones stay. */
  renew(): Promise<void>
}

/** Reads a state folder. Throws `NOT_RUNNING` when no data centre lives there, `STATE_UNUSABLE` when it is damaged. */
export async function readTarget(stateDir: string): Promise<DrillTarget> {
  const dataCentre = await openLocal(stateDir)
  const { folder, plan, topology } = dataCentre
  const group = connectGroup(dataCentre)
  let admin = adminOf(dataCentre)
  return {
    balancer: urlOf(plan.addresses.balancer),
    gateways: plan.addresses.gateways.map(urlOf),
    redis: topology.dataHosts.map(redisAddress),
    admin: () => admin,
    usersFile: folder.usersFile,
    dataCentre,
    ...group,
    topology,
    async renew() {
      const now = await openLocal(stateDir)
      group.nodes.renew(now)
      group.sentinels.renew(now)
      admin = adminOf(now)
    },
  }
}

const adminOf = ({ secrets, tls }: LocalDataCentre): NodeAccess => ({
  username: 'admin',
  password: secrets.admin,
  ...(tls && { tls }),
})
