import type { DataCentre, Host, Site } from '../site/site.ts'
import { line, secretLine } from './directive.ts'
import { verbatim } from './formats.ts'
import type { HostFile } from './host-file.ts'
import { TLS_FILES } from './host-paths.ts'
import { tokenAddress, tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'

/** The certificate that a host shows, its key, and whom the host believes: three texts in PEM. */
export interface HostCertificate {
  authority: string
  certificate: string
  /** Secret. */
  key: string
}

/** The hosts whose files name a certificate, with the address that it has to hold; none for a host that only dials. */
export function certifiedHosts(site: Site, dataCentre: DataCentre): { host: Host; address: string | null }[] {
  if (site.transport !== 'tls' && site.transport !== 'stunnel') return []
  return tokenHosts(dataCentre).map((host) => {
    const isDialled =
      site.transport === 'tls' && host.runs.some((one) => one === 'redis' || one === 'sentinel')
    return { host, address: isDialled ? tokenAddress(site, host) : null }
  })
}

/** The three files, where every other file of the host expects them. */
export const certificateFiles = ({ authority, certificate, key }: HostCertificate): HostFile[] =>
  [
    {
      installAt: TLS_FILES.authority,
      directive: line('', authority, 'Whoever it did not sign for is not believed.', SOURCE.holdfast),
    },
    {
      installAt: TLS_FILES.certificate,
      directive: line(
        '',
        certificate,
        'Shown on every connection that is accepted or opened.',
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
