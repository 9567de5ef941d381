import { ClusterError } from '../../../errors.ts'
import type { LocalDataCentre } from '../../../state/open.ts'
import { runningSupervisor } from '../../../state/records.ts'
import { writeGatewayConfigs } from '../../gateway-files.ts'
import { allUse, localGateways, refuseSilent } from '../gateways.ts'
import type { RingServers } from './servers.ts'

/** The gateways of a data centre of this machine. */
export function localServers({ topology, folder }: LocalDataCentre): RingServers {
  const gateways = localGateways(topology)
  return {
    count: gateways.length,
    async check() {
      if (runningSupervisor(folder) === null) {
        throw new ClusterError(
          'NOT_SAFE',
          `The data centre of ${folder.path} does not run. Start it by \`holdfast up\`.`,
        )
      }
      await refuseSilent(gateways)
    },
    async take({ secrets, revision, signal }) {
      await writeGatewayConfigs(topology, folder, secrets)
      await allUse(gateways, { revision, signal })
    },
    confirm: ({ revision, signal }) => allUse(gateways, { revision, signal }),
    byHand: () => [],
  }
}
