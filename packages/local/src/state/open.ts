import type { GroupAccess } from '@holdfast/agent/redis/access'
import { ClusterError } from '@holdfast/site/errors'
import { type LocalPlan, localGroup } from '@holdfast/site/topology/local-plan'
import { StateFolder } from './folder.ts'
import { readPlan } from './saved-plan.ts'
import { readSecrets } from './secrets-file.ts'
import { readOperatorTls } from './tls-files.ts'

/** The files in which operations on a data centre keep state that must outlive their process. */
export interface OperationFiles {
  /** The operation that is changing the data centre now; see `state/lock.ts`. */
  readonly operationFile: string
  /** The journal of an upgrade. */
  readonly upgradeFile: string
  /** The sessions that operators ended, as lines of JSON. */
  readonly auditLog: string
  /** The secrets; null when they are not in a file. */
  readonly secretsFile: string | null
  /** The journal of an unfinished rotation of passwords; null when the secrets are not in a file. */
  readonly rotationFile: string | null
  /** When each old key of the key ring went out of use, and which key is being introduced. Null as above. */
  readonly keyringHistoryFile: string | null
  /** The journal of an unfinished rotation of certificates, with the certificates that it has issued. */
  readonly certificateRotationFile: string
}

/** A data centre that commands can operate, on this machine or elsewhere. */
export interface OpenDataCentre extends GroupAccess {
  folder: OperationFiles
}

/** A data centre of this machine, described by its state folder. */
export interface LocalDataCentre extends OpenDataCentre {
  /** The running data centre; `topology` is the view of it that operations share. */
  plan: LocalPlan
  folder: StateFolder
}

/** Opens a state folder. Throws `NOT_RUNNING` when it holds no data centre, `STATE_UNUSABLE` when it is damaged. */
export async function openLocal(stateDir: string): Promise<LocalDataCentre> {
  const folder = new StateFolder(stateDir)
  const [plan, secrets] = await Promise.all([readPlan(folder), readSecrets(folder)])
  if (plan === null || secrets === null) {
    throw new ClusterError(
      'NOT_RUNNING',
      `There is no data centre in ${folder.path}. Start it with \`holdfast up\`, or choose another one with \`--name\`.`,
    )
  }
  return { folder, plan, topology: localGroup(plan), secrets, tls: await readOperatorTls(plan, folder) }
}
