import { ClusterError } from '@holdfast/site/errors'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { parseSecrets, type Secrets } from '@holdfast/site/secrets/secrets'
import type { StateFolder } from './folder.ts'

/** Reads the secrets of a state folder; null when there are none. Throws `STATE_UNUSABLE` when the file is not valid. */
export async function readSecrets(folder: StateFolder): Promise<Secrets | null> {
  const text = await readIfThere(folder.secretsFile)
  if (text === null) return null
  const secrets = parseSecrets(text)
  if (secrets !== null) return secrets
  throw new ClusterError(
    'STATE_UNUSABLE',
    `${folder.secretsFile} does not hold the secrets of a data centre. Restore the file, or delete the data centre with its sessions: \`holdfast down --purge\`.`,
  )
}

/** Replaces the secrets in their file. A reader sees the old or the new secrets, never a part. */
export function writeSecrets({ secretsFile }: { secretsFile: string }, secrets: Secrets): Promise<void> {
  return writePrivate(secretsFile, `${JSON.stringify(secrets, null, 2)}\n`)
}
