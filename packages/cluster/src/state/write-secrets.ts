import type { Secrets } from '../secrets/secrets.ts'
import { writePrivate } from './private-file.ts'

/** Replaces the secrets in their file: a reader sees the old ones or the new ones, never a part. */
export function writeSecrets({ secretsFile }: { secretsFile: string }, secrets: Secrets): Promise<void> {
  return writePrivate(secretsFile, `${JSON.stringify(secrets, null, 2)}\n`)
}
