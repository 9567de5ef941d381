import { createHash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import {
  CERTIFICATE_ROTATION_FILE,
  KEYRING_HISTORY_FILE,
  makeFolder,
  ROTATION_FILE,
  stateRoot,
} from '@holdfast/local/state/folder'
import type { OpenDataCentre, OperationFiles } from '@holdfast/local/state/open'
import { OPERATOR } from '@holdfast/local/state/tls-files'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { loadSite } from '@holdfast/site/check/check-site'
import { ClusterError } from '@holdfast/site/errors'
import { type DataCentre, type Host, hostsThatRun, type Site } from '@holdfast/site/file/site'
import { readIfThere } from '@holdfast/site/private-file'
import { addressesOf } from '@holdfast/site/render/data-host-files'
import { TLS_FILES } from '@holdfast/site/render/host-paths'
import { secretsFileIn } from '@holdfast/site/secrets/folder-place'
import { loadSecrets } from '@holdfast/site/secrets/load'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { groupOf } from '@holdfast/site/topology/group'
import { type DataHostAddress, PORT } from '@holdfast/site/topology/topology'
import type { TlsOptions } from '@holdfast/tokens/redis'

/** A data centre that is described by a file, wherever it runs. */
export interface SitePlace {
  /** The file: a `holdfast.yaml`. */
  siteFile: string
  /** The name of one of its data centres. Optional where there is only one. */
  dataCentre?: string
  /** The folder in which `holdfast ca` keeps the certificates, or that of a host's own. Default is `certificates`. */
  certificates?: string
  /** The holder of the client certificate, by its name there. Default is `operator`. */
  holder?: string
}

/** A data centre that is described by a file: nothing of it needs to run on this machine. */
export interface SiteDataCentre extends OpenDataCentre {
  site: Site
  dataCentre: DataCentre
  /** The data hosts, in the order of `topology.dataHosts`. */
  hosts: Host[]
  /** The folder of the certificates of its hosts, if `holdfast ca` keeps them on this machine. */
  certificates: CertificateFolder
  /** The holder of the client certificate. */
  holder: string
  /** How it was selected. */
  place: SitePlace
}

/**
 * Reads what is needed to operate a data centre from outside: its file, its secrets from the place that the file names,
 * and with TLS a certificate of its authority. It uses the same addresses as the hosts do: with stunnel or WireGuard this
 * machine must have an end of the tunnel, too.
 *
 * Throws `SITE_UNREADABLE`, `SITE_INVALID`, `SECRETS_MISSING`, `SECRETS_UNUSABLE`, `CERTIFICATE_UNREADABLE`,
 * `NO_SUCH_DATA_CENTRE`, and `NOT_OPERABLE` for the profile `as-documented`, whose Redis has no user for operations.
 */
export async function openSite(place: SitePlace): Promise<SiteDataCentre> {
  const { siteFile, certificates: folder = 'certificates', holder = OPERATOR } = place
  const site = await loadSite(siteFile)
  const dataCentre = choose(site, place)
  const { name } = dataCentre
  if (site.profile === 'as-documented') {
    throw new ClusterError(
      'NOT_OPERABLE',
      `${name} has the profile "as-documented": its Redis and Sentinels have one password and no user for operations. Use the profile "hardened".`,
    )
  }
  const secrets = await loadSecrets(dataCentre.secrets, dirname(resolve(siteFile)))
  const hosts = hostsThatRun(dataCentre, 'redis')
  const certificates = new CertificateFolder(folder, name)
  return {
    site,
    dataCentre,
    hosts,
    certificates,
    holder,
    place,
    secrets,
    topology: groupOf(site, dataCentre, dataHostAddresses(site, dataCentre, hosts)),
    tls: site.transport === 'tls' ? await readTls(certificates, holder, folder) : null,
    folder: await OperatorFolder.open(name, secrets, {
      secrets: secretsFolderOf(dataCentre, siteFile),
      certificates: certificates.path,
    }),
  }
}

/** The folders of a data centre's secrets (null: they are not in a folder) and certificates. */
interface KeptFolders {
  secrets: string | null
  certificates: string
}

/** The files that operations keep on this machine about one data centre that is described by a file. */
class OperatorFolder implements OperationFiles {
  readonly operationFile: string
  readonly upgradeFile: string
  readonly auditLog: string
  readonly secretsFile: string | null
  readonly rotationFile: string | null
  readonly keyringHistoryFile: string | null
  readonly certificateRotationFile: string

  private constructor(folder: string, { secrets, certificates }: KeptFolders) {
    this.operationFile = join(folder, 'operation.json')
    this.upgradeFile = join(folder, 'upgrade.json')
    this.auditLog = join(folder, 'audit.log')
    this.secretsFile = secrets === null ? null : secretsFileIn(secrets)
    // Beside the secrets, or the authority, so that any machine that has these can resume the rotation.
    this.rotationFile = secrets === null ? null : join(secrets, ROTATION_FILE)
    this.keyringHistoryFile = secrets === null ? null : join(secrets, KEYRING_HISTORY_FILE)
    this.certificateRotationFile = join(certificates, CERTIFICATE_ROTATION_FILE)
  }

  /** Its group id distinguishes it from another data centre of the same name. */
  static async open(name: string, { mark }: Secrets, kept: KeptFolders): Promise<OperatorFolder> {
    const id = createHash('sha256').update(mark).digest('hex').slice(0, 8)
    const folder = join(stateRoot(), 'sites', `${name}-${id}`)
    await makeFolder(folder)
    return new OperatorFolder(folder, kept)
  }
}

/** Null where they are not in a folder: then no command can change them. */
function secretsFolderOf({ secrets }: DataCentre, siteFile: string): string | null {
  return secrets.kind === 'file' ? resolve(dirname(resolve(siteFile)), secrets.path) : null
}

function choose({ dataCentres }: Site, { siteFile, dataCentre }: SitePlace): DataCentre {
  const found =
    dataCentre === undefined && dataCentres.length === 1
      ? dataCentres[0]
      : dataCentres.find(({ name }) => name === dataCentre)
  if (found !== undefined) return found
  const names = dataCentres.map(({ name }) => name).join(', ')
  const wrong = dataCentre === undefined ? 'has several data centres' : `has no data centre "${dataCentre}"`
  throw new ClusterError('NO_SUCH_DATA_CENTRE', `${siteFile} ${wrong}. Choose one of ${names}.`)
}

/** Every host runs both a Redis and a Sentinel, because a rule requires it. */
function dataHostAddresses(site: Site, dataCentre: DataCentre, hosts: readonly Host[]): DataHostAddress[] {
  const addresses = addressesOf(site, dataCentre, 'redis')
  return hosts.map(({ name }, index) => ({
    name,
    host: addresses[index]?.host ?? '',
    redisPort: PORT.redis,
    sentinelPort: PORT.sentinel,
  }))
}

async function readTls(folder: CertificateFolder, holder: string, placedIn: string): Promise<TlsOptions> {
  const found = await folder.find(holder)
  if (found !== null) return { ca: found.authority, cert: found.certificate, key: found.key }
  const placed = await readPlaced(placedIn)
  if (placed !== null) return placed
  throw new ClusterError(
    'CERTIFICATE_UNREADABLE',
    `There is no certificate "${holder}" with its key and its authority's certificate in ${folder.path}. ` +
      `Issue one with \`holdfast ca issue ${holder}\`, or name the folder and the holder that you have.`,
  )
}

/** The certificate of a host, where its rendered files are put; null when one of them is missing. */
async function readPlaced(folder: string): Promise<TlsOptions | null> {
  const { authority, certificate, key: keyFile } = TLS_FILES
  const [ca, cert, key] = await Promise.all(
    [authority, certificate, keyFile].map((file) => readIfThere(join(folder, basename(file)))),
  )
  return ca && cert && key ? { ca, cert, key } : null
}
