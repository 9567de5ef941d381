import { createHash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import type { TlsOptions } from '@holdfast/tokens/redis'
import { CertificateFolder } from '../certificates/folder.ts'
import { loadSite } from '../check/check-site.ts'
import { ClusterError } from '../errors.ts'
import { addressesOf } from '../render/data-host-files.ts'
import { TLS_FILES } from '../render/host-paths.ts'
import { secretsFileIn } from '../secrets/folder-place.ts'
import { ROTATION_LIMITS } from '../secrets/limits.ts'
import { loadSecrets } from '../secrets/load.ts'
import type { Secrets } from '../secrets/secrets.ts'
import {
  type DataCentre,
  type Host,
  hostsThatRun,
  plannedQuorum,
  REDIS_SETTINGS,
  type Site,
} from '../site/site.ts'
import {
  CERTIFICATE_ROTATION_FILE,
  KEYRING_HISTORY_FILE,
  makeFolder,
  ROTATION_FILE,
  stateRoot,
} from '../state/folder.ts'
import type { OpenDataCentre, OperationFiles } from '../state/open.ts'
import { readIfThere } from '../state/private-file.ts'
import { OPERATOR } from '../state/tls-files.ts'
import { type DataHost, PORT } from '../topology/topology.ts'

/** A data centre that is described by a file, wherever it runs. */
export interface SitePlace {
  /** The file: a `holdfast.yaml`. */
  siteFile: string
  /** Which of its data centres. May be left out where there is one. */
  dataCentre?: string
  /** Where `holdfast ca` keeps the certificates, or the folder of a host's own. Default is `certificates`. */
  certificates?: string
  /** Whose certificate is shown, by its name there. Default is `operator`. */
  holder?: string
}

/** A data centre that is reached by its file: nothing of it needs to run on this machine. */
export interface SiteDataCentre extends OpenDataCentre {
  site: Site
  dataCentre: DataCentre
  /** The data hosts, in the order of `topology.dataHosts`. */
  hosts: Host[]
  /** Where `holdfast ca` keeps the certificates of its hosts, if it does so on this machine. */
  certificates: CertificateFolder
  /** Whose certificate is shown. */
  holder: string
  /** By what it was opened. */
  place: SitePlace
}

/**
 * Reads what it takes to operate a data centre from outside: its file, its secrets where the file says that they are,
 * and with TLS a certificate of its authority. Its nodes are addressed as on every host of it: with stunnel or WireGuard
 * this machine must have an end of the tunnel, too.
 *
 * Throws `SITE_UNREADABLE`, `SITE_INVALID`, `SECRETS_MISSING`, `SECRETS_UNUSABLE`, `CERTIFICATE_UNREADABLE`,
 * `NO_SUCH_DATA_CENTRE`, and `NOT_OPERABLE` for the profile `as-documented`, whose Redis has no user for operations.
 */
export async function openSite(place: SitePlace): Promise<SiteDataCentre> {
  const { siteFile, certificates: folder = 'certificates', holder = OPERATOR } = place
  const site = await loadSite(siteFile)
  const dataCentre = choose(site, place)
  const { name, primaryName } = dataCentre
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
    topology: {
      name,
      primaryName,
      timings: site.timings,
      dataHosts: dataHostsOf(site, dataCentre, hosts),
      rotation: site.rotation ?? ROTATION_LIMITS,
      quorum: plannedQuorum(dataCentre),
      redis: site.redis ?? REDIS_SETTINGS,
    },
    tls: site.transport === 'tls' ? await readTls(certificates, holder, folder) : null,
    folder: await OperatorFolder.open(name, secrets, {
      secrets: secretsFolderOf(dataCentre, siteFile),
      certificates: certificates.path,
    }),
  }
}

/** Where a data centre's own secrets are kept (null: in no folder), and its certificates. */
interface KeptFolders {
  secrets: string | null
  certificates: string
}

/** What operations on one data centre that is reached by its file remember on this machine. */
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
    // Whoever has the secrets, or the authority, can go on with it, from another machine, too.
    this.rotationFile = secrets === null ? null : join(secrets, ROTATION_FILE)
    this.keyringHistoryFile = secrets === null ? null : join(secrets, KEYRING_HISTORY_FILE)
    this.certificateRotationFile = join(certificates, CERTIFICATE_ROTATION_FILE)
  }

  /** Told by its mark from another one of the same name. */
  static async open(name: string, { mark }: Secrets, kept: KeptFolders): Promise<OperatorFolder> {
    const id = createHash('sha256').update(mark).digest('hex').slice(0, 8)
    const folder = join(stateRoot(), 'sites', `${name}-${id}`)
    await makeFolder(folder)
    return new OperatorFolder(folder, kept)
  }
}

/** Null where they are in no folder: then no command can change them. */
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
  throw new ClusterError('NO_SUCH_DATA_CENTRE', `${siteFile} ${wrong}. Name one of ${names}.`)
}

/** Each of its hosts has one of both: a rule says so. */
function dataHostsOf(site: Site, dataCentre: DataCentre, hosts: readonly Host[]): DataHost[] {
  const addresses = addressesOf(site, dataCentre, 'redis')
  return hosts.map(({ name, replicaPriority }, index) => ({
    name,
    host: addresses[index]?.host ?? '',
    redisPort: PORT.redis,
    sentinelPort: PORT.sentinel,
    ...(replicaPriority === undefined ? {} : { replicaPriority }),
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
      `Issue one by \`holdfast ca issue ${holder}\`, or name the folder and the holder that you have.`,
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
