import { ClusterError } from '../errors.ts'
import type { DataCentre, Host, Site } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { unwritable } from '../secrets/writable.ts'
import { clientFiles } from './client-files.ts'
import { dataHostFiles } from './data-host-files.ts'
import { type Document, type HostFile, textOf } from './document.ts'
import { certificateFiles, type HostCertificate } from './host-certificate.ts'
import { checkTokenAddresses, dataHosts } from './placement.ts'
import { systemFiles } from './system-files.ts'

/** One rendered file. */
export interface RenderedFile {
  dataCentre: string
  host: string
  /** The path below the output folder: `dc1/dc1-data-1/redis.conf`. */
  path: string
  /** The path on the host. Null for a file whose path another product decides. */
  installAt: string | null
  text: string
  /** 0o600 for a file with secrets, otherwise 0o644. */
  mode: number
  isSecret: boolean
  /** The directives with their reasons, for `explainFile`. */
  document: Document
}

/** Returns the certificate of a host. Null if it has none yet or needs none: then no certificate files are rendered. */
export type CertificateOf = (dataCentre: DataCentre, host: Host) => HostCertificate | null

/**
 * Renders every configuration file of every host of a site. Pure: the same site, secrets and certificates give the
 * same files.
 *
 * Throws `RENDER_REFUSED` for a site that cannot work: a data centre without Redis, a host without its tunnel
 * address, two hosts with one address, a balancer without servers, or TLS or stunnel with the profile
 * `as-documented`. Throws `SECRETS_UNUSABLE` for a password that a file cannot contain.
 * INV-SITE-9.
 */
export function renderSite(
  site: Site,
  secretsOf: (dataCentre: DataCentre) => Secrets,
  certificateOf: CertificateOf = () => null,
): RenderedFile[] {
  return site.dataCentres.flatMap((dataCentre) => {
    checkTokenAddresses(site, dataCentre)
    const secrets = secretsOf(dataCentre)
    checkWritable(site, dataCentre, secrets)
    return dataCentre.hosts.flatMap((host) =>
      filesOf(site, dataCentre, host, secrets, certificateOf(dataCentre, host)).map((file) =>
        rendered(dataCentre, host, file),
      ),
    )
  })
}

/** Returns the files of one host of a rendered site. Throws `RENDER_REFUSED` if there is no such host. */
export function filesOfHost(files: readonly RenderedFile[], host: string): RenderedFile[] {
  const found = files.filter((file) => file.host === host)
  if (found.length > 0) return found
  const names = [...new Set(files.map((file) => file.host))].join(', ')
  throw new ClusterError(
    'RENDER_REFUSED',
    `No files were rendered for a host "${host}". Hosts with files: ${names}.`,
  )
}

const filesOf = (
  site: Site,
  dataCentre: DataCentre,
  host: Host,
  secrets: Secrets,
  certificate: HostCertificate | null,
): HostFile[] => [
  ...(dataHosts(dataCentre).includes(host) ? dataHostFiles(site, dataCentre, host, secrets) : []),
  ...clientFiles(site, dataCentre, host, secrets, certificate),
  ...(certificate === null ? [] : certificateFiles(certificate)),
  ...systemFiles(site, dataCentre, host, secrets),
]

function rendered(dataCentre: DataCentre, host: Host, file: HostFile): RenderedFile {
  const isSecret = file.isSecret ?? holdsSecret(file.document)
  return {
    dataCentre: dataCentre.name,
    host: host.name,
    path: `${dataCentre.name}/${host.name}/${file.name}`,
    installAt: file.installAt,
    text: textOf(file.document),
    mode: isSecret ? 0o600 : 0o644,
    isSecret,
    document: file.document,
  }
}

function checkWritable({ profile }: Site, { name }: DataCentre, secrets: Secrets): void {
  const [problem] = unwritable(secrets, profile)
  if (problem === undefined) return
  throw new ClusterError('SECRETS_UNUSABLE', `The secrets of ${name} cannot be used. ${problem}`)
}

const holdsSecret = ({ blocks }: Document): boolean =>
  blocks.some(({ directives }) => directives.some(({ isSecret }) => isSecret))
