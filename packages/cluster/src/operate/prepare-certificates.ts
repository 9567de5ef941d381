import { CertificateFolder } from '../certificates/folder.ts'
import { ClusterError } from '../errors.ts'
import type { StateFolder } from '../state/folder.ts'
import type { Topology } from '../topology/topology.ts'
import { certificateHolders } from './certificate-holders.ts'

/** A certificate with fewer days left is issued anew at the next start. */
const RENEW_WITHIN_DAYS = 30

/**
 * The authority of a local data centre, and a certificate for each of its processes that speaks TLS and for the
 * commands of this machine: what is missing is made, what ends soon is issued anew. Nothing where the traffic is plain.
 */
export async function prepareCertificates(topology: Topology, folder: StateFolder): Promise<void> {
  if (topology.transport === 'plain') return
  const certificates = new CertificateFolder(folder.certificates, topology.name)
  const issued = await listOrBegin(certificates)
  for (const holder of certificateHolders(topology))
    if (!issued.has(holder.name)) await certificates.issue(holder)
  await certificates.renew({ withinDays: RENEW_WITHIN_DAYS })
}

/** The names of the certificates that are there. */
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
