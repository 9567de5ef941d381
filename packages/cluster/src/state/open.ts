import { ClusterError } from '../errors.ts'
import type { GroupAccess } from '../redis/access.ts'
import { parseSecrets, type Secrets } from '../secrets/secrets.ts'
import type { Topology } from '../topology/topology.ts'
import { StateFolder } from './folder.ts'
import { readIfThere } from './private-file.ts'
import { readTopology } from './saved-topology.ts'
import { readOperatorTls } from './tls-files.ts'

/** The files in which operations on a data centre remember what must outlive their process. */
export interface OperationFiles {
  /** Who changes the data centre at present; see `operate/lock.ts`. */
  readonly operationFile: string
  /** What an upgrade has to do, and has done. */
  readonly upgradeFile: string
  /** Sessions that were ended by an operator, as lines of JSON. */
  readonly auditLog: string
  /** The secrets; null where they are in no file. */
  readonly secretsFile: string | null
  /** Beside them: a rotation of passwords that has begun and not ended. Null where they are in no file. */
  readonly rotationFile: string | null
  /** Beside them: since when keys of the key ring are out of use, and which one is being brought in. */
  readonly keyringHistoryFile: string | null
  /** A rotation of certificates that has begun and not ended: which ones it has issued. */
  readonly certificateRotationFile: string
}

/** A data centre that can be operated, wherever it runs. */
export interface OpenDataCentre extends GroupAccess {
  folder: OperationFiles
}

/** A data centre of this machine, as its state folder describes it. */
export interface LocalDataCentre extends OpenDataCentre {
  topology: Topology
  folder: StateFolder
}

/** Reads a state folder. Throws `NOT_RUNNING` when no data centre lives there, `STATE_UNUSABLE` when it is damaged. */
export async function openLocal(stateDir: string): Promise<LocalDataCentre> {
  const folder = new StateFolder(stateDir)
  const [topology, secrets] = await Promise.all([readTopology(folder), readSecrets(folder)])
  if (topology === null || secrets === null) {
    throw new ClusterError(
      'NOT_RUNNING',
      `There is no data centre in ${folder.path}. Start it with \`holdfast up\`, or name another with \`--name\`.`,
    )
  }
  return { folder, topology, secrets, tls: await readOperatorTls(topology, folder) }
}

/** The secrets of a state folder. Throws `STATE_UNUSABLE` when the file holds none. */
export async function readSecrets(folder: StateFolder): Promise<Secrets | null> {
  const text = await readIfThere(folder.secretsFile)
  if (text === null) return null
  const secrets = parseSecrets(text)
  if (secrets !== null) return secrets
  throw new ClusterError(
    'STATE_UNUSABLE',
    `${folder.secretsFile} does not hold a data centre's secrets. Put the file back as it was, or delete the data centre with its sessions by \`holdfast down --purge\`.`,
  )
}
