import { canonicalAddress } from '@holdfast/site/certificates/address'
import { type CertificateFile, CertificateFolder } from '@holdfast/site/certificates/folder'
import type { DataCentre, Host, Site } from '@holdfast/site/file/site'
import { certifiedHosts, type HostCertificate } from '@holdfast/site/render/host-certificate'

/** What a folder holds of the certificates that a site needs. */
export interface SiteCertificates {
  /** That of a host; null when it needs none, or has none that fits. */
  of: (dataCentre: DataCentre, host: Host) => HostCertificate | null
  /** Hosts that need one and have none that fits. */
  missing: MissingCertificate[]
}

export interface MissingCertificate {
  dataCentre: string
  host: string
  /** What is wrong with its certificate, in one sentence. */
  problem: string
  /** The address under which others connect to the host; null if none do. */
  address: string | null
}

/** Reads the certificates of a site's hosts from where `holdfast ca` writes them. Throws `CERTIFICATE_UNREADABLE`. */
export async function readSiteCertificates(site: Site, folder: string): Promise<SiteCertificates> {
  const found = new Map<Host, HostCertificate>()
  const missing: MissingCertificate[] = []
  for (const dataCentre of site.dataCentres) {
    const files = new CertificateFolder(folder, dataCentre.name)
    for (const { host, address } of certifiedHosts(site, dataCentre)) {
      const held = await files.find(host.name)
      const problem = held === null ? 'It is not there.' : problemOf(held.file, address)
      if (problem !== null) missing.push({ dataCentre: dataCentre.name, host: host.name, problem, address })
      else if (held !== null) found.set(host, held)
    }
  }
  return { of: (_dataCentre, host) => found.get(host) ?? null, missing }
}

function problemOf({ isOurs, addresses, daysLeft }: CertificateFile, address: string | null): string | null {
  if (!isOurs) return 'Another authority signed it.'
  if (daysLeft < 0) return 'It has expired.'
  if (address !== null && !addresses.includes(canonicalAddress(address)))
    return `It does not hold the address ${address}.`
  return null
}
