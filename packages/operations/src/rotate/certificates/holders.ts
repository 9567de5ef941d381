import type { Sentinels } from '@holdfast/agent/redis/sentinels'
import { certificateHolders } from '@holdfast/local/lifecycle/local-certificates'
import type { LocalDataCentre } from '@holdfast/local/state/open'
import { OPERATOR } from '@holdfast/local/state/tls-files'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { canonicalAddress } from '@holdfast/site/certificates/address'
import type { CertificateRequest } from '@holdfast/site/certificates/certificate'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { certifiedHosts } from '@holdfast/site/render/host-certificate'
import { sentinelAddress, tunnelOf } from '@holdfast/site/topology/topology'
import { RedisReplyError } from '@holdfast/tokens'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { type AnyDataCentre, isSite } from '../../data-centre/open.ts'
import type { SiteDataCentre } from '../../data-centre/open-site.ts'

/** The holders of the certificates of a data centre: local processes, or hosts. */
export interface CertificateHolders {
  /** The folder of the certificates and their authority. */
  certificates: CertificateFolder
  /** The holder of the certificate that this operation uses itself. */
  operator: string
  /** The requests for all certificates, in the order in which they are issued. */
  requests: () => Promise<CertificateRequest[]>
  /** The holder of the certificate that the Redis or the Sentinel of that data host serves. */
  holderOf: (kind: 'redis' | 'sentinel', index: number) => string
  /** The ends of tunnels, where these serve the certificates instead. */
  tunnels: readonly Tunnel[]
  /** What an operator does about a process that still serves its old certificate; empty: nothing. */
  remedy: string
  /** How a data centre gets another authority when its own has expired. */
  newAuthority: string
}

/** One end of the tunnels, which encrypts for a whole host. */
interface Tunnel {
  /** The holder of its certificate. */
  name: string
  addresses: NodeAddress[]
  /** Makes it read its certificate again; no connection ends. */
  reload(): Promise<void>
}

export const holdersOf = (dataCentre: AnyDataCentre): CertificateHolders =>
  isSite(dataCentre) ? hostHolders(dataCentre) : localHolders(dataCentre)

/** Each local process has a certificate of its own, in the folder from which it reads it. */
export function localHolders({ plan, topology, folder }: LocalDataCentre): CertificateHolders {
  const control = connectControl(folder.path)
  return {
    certificates: new CertificateFolder(folder.certificates, topology.name),
    operator: OPERATOR,
    requests: async () => certificateHolders(plan),
    holderOf: (kind, index) => `${kind}-${index + 1}`,
    tunnels:
      plan.site.transport !== 'stunnel'
        ? []
        : topology.dataHosts.map(({ host, redisPort, sentinelPort }, index) => ({
            name: `stunnel-${index + 1}`,
            addresses: [redisPort, sentinelPort].map((port) => ({ host: tunnelOf(host).arrival, port })),
            reload: async () => void (await control.signal(`stunnel-${index + 1}`, 'SIGHUP')),
          })),
    remedy: '',
    newAuthority: 'Stop the data centre, delete that folder, and start it again.',
  }
}

/** Each real host has one certificate, for all that runs on it. */
const hostHolders = (site: SiteDataCentre): CertificateHolders => ({
  certificates: site.certificates,
  operator: site.holder,
  requests: () => hostRequests(site),
  holderOf: (_kind, index) => site.hosts[index]?.name ?? '',
  tunnels: [],
  remedy: 'bring the files of tls/ to its host, then run this command again',
  newAuthority:
    'Every host must trust a new authority beside the old one before the new one signs anything: see docs/rotation.md.',
})

/** Each as it was issued before, with what its host needs; that of the operation itself comes last. */
async function hostRequests({
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

/** Deadline of a Sentinel's shutdown: it writes its file first (in milliseconds). */
const SHUTDOWN_TIMEOUT_MS = 3000

/** Restarts the Sentinel of one data host, because it reads its certificate only when it starts. */
export async function restartSentinel(
  dataCentre: AnyDataCentre,
  sentinels: Sentinels,
  index: number,
): Promise<void> {
  if (!isSite(dataCentre)) {
    // A signal would be a crash to the supervisor, which waits longer after each further one.
    await connectControl(dataCentre.folder.path).restart(`sentinel-${index + 1}`)
    return
  }
  const host = dataCentre.topology.dataHosts[index]
  if (host === undefined) return
  try {
    // The service on its host starts it again, as `holdfast render` configures it. It ends without a reply.
    await sentinels.send(sentinelAddress(host), [['SHUTDOWN']], SHUTDOWN_TIMEOUT_MS)
  } catch (error) {
    if (error instanceof RedisReplyError) throw error
  }
}
