import type { LocalDataCentre } from '../../../state/open.ts'
import { connectControl } from '../../control-client.ts'
import { writeGatewayConfigs } from '../../gateway-files.ts'
import { allUse, localGateways, silentGateways } from '../gateways.ts'
import type { Servers } from './servers.ts'

/** The gateways and the supervisor of a data centre of this machine. */
export function localServers({ topology, folder }: LocalDataCentre): Servers {
  const control = connectControl(folder.path)
  const gateways = localGateways(topology)
  return {
    async check() {
      await control.status()
      const silent = await silentGateways(gateways)
      if (silent.length > 0) throw new Error(`${silent.join(' and ')} does not answer.`)
    },
    async take({ secrets, revision, signal, tell }) {
      if (revision !== null) {
        tell('gateways', 'Waiting until every gateway uses the new passwords.')
        await writeGatewayConfigs(topology, folder, secrets)
        await allUse(gateways, { revision, signal })
      }
      tell('supervisor', 'Letting the supervisor use the new passwords.')
      await control.reload()
    },
    // That they use them was seen when they took them.
    confirm: async () => {},
    byHand: () => [],
  }
}
