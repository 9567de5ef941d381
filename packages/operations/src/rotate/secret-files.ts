import type { OpenDataCentre, OperationFiles } from '@holdfast/local/state/open'
import { ClusterError } from '@holdfast/site/errors'
import { readIfThere } from '@holdfast/site/private-file'

/** The file of the secrets that a rotation replaces, and the journals beside it. */
export interface SecretFiles {
  secretsFile: string
  rotationFile: string
  keyringHistoryFile: string
}

/** Throws `NOT_SAFE` when the secrets are not in a file, so that no command can replace them. */
export function secretFilesOf({ folder, topology }: OpenDataCentre): SecretFiles {
  const { secretsFile, rotationFile, keyringHistoryFile } = folder
  if (secretsFile !== null && rotationFile !== null && keyringHistoryFile !== null)
    return { secretsFile, rotationFile, keyringHistoryFile }
  throw new ClusterError(
    'NOT_SAFE',
    `The secrets of ${topology.name} come from the environment or from systemd, and this command cannot change them there. Run it on a machine where holdfast.yaml names a folder: \`secrets: { file: FOLDER }\`.`,
  )
}

/** Throws `NOT_SAFE` while a rotation of passwords is unfinished. */
export async function assertNoPasswordRotation({ rotationFile }: OperationFiles): Promise<void> {
  if (rotationFile === null || (await readIfThere(rotationFile)) === null) return
  throw new ClusterError(
    'NOT_SAFE',
    'A rotation of passwords is unfinished. Finish it with `holdfast rotate passwords`, then run this command again.',
  )
}
