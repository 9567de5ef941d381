import { ClusterError } from '../../errors.ts'
import type { OpenDataCentre } from '../../state/open.ts'

/** Where the secrets are kept that a rotation replaces, and beside them what rotations remember. */
export interface SecretFiles {
  secretsFile: string
  rotationFile: string
  keyringHistoryFile: string
}

/** Throws `NOT_SAFE` when the secrets are in no file: no command can replace them then. */
export function secretFilesOf({ folder, topology }: OpenDataCentre): SecretFiles {
  const { secretsFile, rotationFile, keyringHistoryFile } = folder
  if (secretsFile !== null && rotationFile !== null && keyringHistoryFile !== null)
    return { secretsFile, rotationFile, keyringHistoryFile }
  throw new ClusterError(
    'NOT_SAFE',
    `The secrets of ${topology.name} come from the environment or from systemd, where this command cannot change them. Run it where its site names a folder: \`secrets: { file: FOLDER }\`.`,
  )
}
