import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { ClusterError } from '@holdfast/site/errors'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import type { StateFolder } from '../state/folder.ts'
import { OPERATOR } from '../state/tls-files.ts'

/** A certificate with fewer days left is renewed at the next start. */
const RENEW_WITHIN_DAYS = 30

/**
 * Creates what is missing of the authority of a local data centre, and of the certificates for its processes with TLS and
 * for the commands of this machine. Renews certificates that end soon. Does nothing where the traffic is plain.
 */
export async function prepareCertificates(plan: LocalPlan, folder: StateFolder): Promise<void> {
  if (plan.site.transport === 'plain') return
  const certificates = new CertificateFolder(folder.certificates, plan.dataCentre.name)
  const issued = await listOrBegin(certificates)
  for (const holder of certificateHolders(plan))
    if (!issued.has(holder.name)) await certificates.issue(holder)
  await certificates.renew({ withinDays: RENEW_WITHIN_DAYS })
}

/** The holders of the existing certificates. Creates the authority where there is none. */
async function listOrBegin(certificates: CertificateFolder): Promise<Set<string>> {
  try {
    const { issued } = await certificates.list()
    return new Set(issued.map(({ subject }) => subject))
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== 'AUTHORITY_MISSING') throw error
    await certificates.createAuthority({})
    return new Set()
  }
}

/** The holders of certificates in a local data centre: with TLS every process, with stunnel the ends of the tunnels. */
export function certificateHolders({
  site: { transport },
  addresses: { dataHosts, gateways, proxy },
}: LocalPlan): { name: string; addresses: string[] }[] {
  if (transport === 'plain') return []
  if (transport === 'stunnel') {
    return dataHosts.map((_, index) => ({ name: `stunnel-${index + 1}`, addresses: [] }))
  }
  return [
    ...dataHosts.flatMap(({ host }, index) => [
      { name: `redis-${index + 1}`, addresses: [host] },
      { name: `sentinel-${index + 1}`, addresses: [host] },
    ]),
    ...gateways.map(({ host }, index) => ({ name: `gateway-${index + 1}`, addresses: [host] })),
    { name: 'proxy', addresses: [proxy.host] },
    { name: OPERATOR, addresses: [] },
  ]
}
