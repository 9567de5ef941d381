import type { DataCentre, Host, Site } from '../file/site.ts'
import { type HostFile, line, secretLine } from './document.ts'
import { verbatim } from './formats.ts'
import { TLS_FILES } from './host-paths.ts'
import { tokenAddress, tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'

/** The certificate of a host, its key, and the authority that the host trusts: three texts in PEM. */
export interface HostCertificate {
  authority: string
  certificate: string
  /** Secret. */
  key: string
}

/**
 * The hosts that need a certificate, with the address that it must contain. Null for a host that only opens
 * connections.
 */
export function certifiedHosts(site: Site, dataCentre: DataCentre): { host: Host; address: string | null }[] {
  if (site.transport !== 'tls' && site.transport !== 'stunnel') return []
  return tokenHosts(dataCentre).map((host) => {
    const acceptsConnections =
      site.transport === 'tls' && host.runs.some((one) => one === 'redis' || one === 'sentinel')
    return { host, address: acceptsConnections ? tokenAddress(site, host) : null }
  })
}

/** The three files, at the paths that the other files of the host use. */
export const certificateFiles = ({ authority, certificate, key }: HostCertificate): HostFile[] =>
  [
    {
      installAt: TLS_FILES.authority,
      directive: line(
        '',
        authority,
        'This host trusts only certificates that this authority signed.',
        SOURCE.holdfast,
      ),
    },
    {
      installAt: TLS_FILES.certificate,
      directive: line(
        '',
        certificate,
        'This host shows it on every connection that it accepts or opens.',
        SOURCE.holdfast,
      ),
    },
    {
      installAt: TLS_FILES.key,
      directive: secretLine('', key, 'The key of that certificate.', SOURCE.holdfast),
    },
  ].map(({ installAt, directive }) => ({
    name: `tls/${installAt.split('/').at(-1)}`,
    installAt,
    document: { heading: '', format: verbatim, blocks: [{ title: '', directives: [directive] }] },
  }))
