import { CertificateFolder } from '../../../certificates/folder.ts'
import type { LocalDataCentre } from '../../../state/open.ts'
import { writeSecrets } from '../../../state/secrets-file.ts'
import { OPERATOR } from '../../../state/tls-files.ts'
import { tunnelOf } from '../../../topology/topology.ts'
import { certificateHolders } from '../../certificate-holders.ts'
import { connectControl } from '../../control-client.ts'
import { writeGatewayConfigs } from '../../gateway-files.ts'
import { allUse, localGateways } from '../gateways.ts'
import { newRevision } from '../rotation.ts'
import type { CertifiedServers } from './servers.ts'

/** The processes of a data centre of this machine: they read the files that are issued. */
export function localServers({ topology, folder, secrets }: LocalDataCentre): CertifiedServers {
  const control = connectControl(folder.path)
  const isTunnelled = topology.transport === 'stunnel'
  return {
    certificates: new CertificateFolder(folder.certificates, topology.name),
    operator: OPERATOR,
    requests: async () => certificateHolders(topology),
    holderOf: (kind, index) => `${kind}-${index + 1}`,
    tunnels: !isTunnelled
      ? []
      : topology.dataHosts.map(({ host, redisPort, sentinelPort }, index) => ({
          name: `stunnel-${index + 1}`,
          addresses: [redisPort, sentinelPort].map((port) => ({ host: tunnelOf(host).arrival, port })),
          reload: async () => void (await control.signal(`stunnel-${index + 1}`, 'SIGHUP')),
        })),
    remedy: '',
    newAuthority: 'Stop the data centre, delete that folder, and start it again.',
    check: async () => void (await control.status()),
    begin: async () => {},
    deliver: async () => {},
    // Not a signal: to the supervisor that is a crash, and each further one is waited for longer.
    restartSentinel: async (index) => void (await control.restart(`sentinel-${index + 1}`)),
    async take({ signal, tell }) {
      if (isTunnelled) return
      tell('gateways', 'Waiting until every gateway uses its new certificate.')
      const renewed = { ...secrets, revision: newRevision() }
      await writeSecrets(folder, renewed)
      await writeGatewayConfigs(topology, folder, renewed)
      await allUse(localGateways(topology), { revision: renewed.revision, signal })
      tell('supervisor', 'Letting the supervisor use its new certificate.')
      await control.reload()
    },
    byHand: () => [],
  }
}
