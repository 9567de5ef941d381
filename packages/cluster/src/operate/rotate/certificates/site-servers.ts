import { RedisReplyError } from '@holdfast/tokens'
import { canonicalAddress } from '../../../certificates/address.ts'
import type { CertificateRequest } from '../../../certificates/index.ts'
import type { Sentinels } from '../../../redis/sentinels.ts'
import { certifiedHosts } from '../../../render/host-certificate.ts'
import type { Secrets } from '../../../secrets/secrets.ts'
import { writeSecrets } from '../../../state/secrets-file.ts'
import { sentinelAddress } from '../../../topology/topology.ts'
import type { SiteDataCentre } from '../../open-site.ts'
import { deliver } from '../deliver.ts'
import { allUse, BRING_AGAIN, siteGateways } from '../gateways.ts'
import { newRevision } from '../rotation.ts'
import { hostCertificates } from './host-certificates.ts'
import type { CertifiedServers } from './servers.ts'

/** A Sentinel writes its file before it ends (in milliseconds). */
const PATIENCE_MS = 3000

/**
 * The hosts of a data centre that is reached by its file. Certificates and their keys are files, which a command brings
 * there, or people do between two stages. A Sentinel is told to end: its service starts it again, as `holdfast render` has
 * it. Gateways that this machine reaches are asked what they use, where a revision of the secrets can tell.
 */
export function siteServers(
  site: SiteDataCentre,
  sentinels: Sentinels,
  deliverCommand: string | undefined,
): CertifiedServers {
  const { dataCentre, certificates, holder, hosts, topology } = site
  let secrets: Secrets = site.secrets
  return {
    certificates,
    operator: holder,
    requests: () => requestsOf(site),
    holderOf: (_kind, index) => hosts[index]?.name ?? '',
    tunnels: [],
    remedy: 'bring the files of tls/ to its host, then run it again',
    newAuthority:
      'Every host must believe a new one beside it before anything is signed by that: see docs/rotation.md.',
    check: async () => {},
    async begin() {
      const { secretsFile } = site.folder
      // Elsewhere no command can change them: then what gateways use is not known.
      if (secretsFile === null) return
      secrets = { ...secrets, revision: newRevision() }
      await writeSecrets({ secretsFile }, secrets)
    },
    async deliver({ signal, tell }) {
      if (deliverCommand === undefined) return
      tell('deliver', `Bringing the new certificates to the hosts: ${deliverCommand}`)
      await deliver(deliverCommand, signal)
    },
    async restartSentinel(index) {
      const host = topology.dataHosts[index]
      if (host !== undefined) await shutDown(sentinels, sentinelAddress(host))
    },
    async take({ renewed, signal, tell }) {
      const { revision } = secrets
      if (revision === undefined) return
      tell('gateways', 'Asking the gateways that answer whether they use their new certificates.')
      const wanted = { revision, what: 'certificates', remedy: BRING_AGAIN, skipsSilent: true }
      const gateways = siteGateways(dataCentre).filter(({ name }) => renewed.includes(name))
      await allUse(gateways, { ...wanted, signal })
    },
    byHand: (renewed) =>
      deliverCommand === undefined
        ? hostCertificates(site.site, dataCentre).filter(({ host }) => renewed.includes(host))
        : [],
  }
}

/** As each was issued before, with what its host needs; and that of the operation itself, the last. */
export async function requestsOf({
  site,
  dataCentre,
  certificates,
  holder,
}: SiteDataCentre): Promise<CertificateRequest[]> {
  const { issued } = await certificates.list()
  const wanted = certifiedHosts(site, dataCentre).map(({ host, address }) => ({
    name: host.name,
    names: host.names,
    addresses: address === null ? [] : [canonicalAddress(address)],
  }))
  const own = wanted.some(({ name }) => name === holder) ? [] : [{ name: holder, names: [], addresses: [] }]
  return [...wanted, ...own].map((one) => {
    const before = issued.find(({ subject }) => subject === one.name)
    if (before === undefined) return one
    return {
      name: one.name,
      names: [...new Set([...before.names, ...one.names])],
      addresses: [...new Set([...before.addresses, ...one.addresses])],
      purposes: before.purposes,
    }
  })
}

/** It answers nothing, but ends. That it has come back, with another certificate, is seen afterwards. */
async function shutDown(sentinels: Sentinels, address: ReturnType<typeof sentinelAddress>): Promise<void> {
  try {
    await sentinels.send(address, [['SHUTDOWN']], PATIENCE_MS)
  } catch (error) {
    if (error instanceof RedisReplyError) throw error
  }
}
