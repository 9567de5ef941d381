import { stat } from 'node:fs/promises'
import { agesOf, type SecretAge } from './ages.ts'
import type { Secrets } from './secrets.ts'

/** Returns the ages of a data centre's secrets. Empty if no file keeps them. */
export async function secretAges({
  folder,
  secrets,
}: {
  folder: { readonly secretsFile: string | null }
  secrets: Secrets
}): Promise<SecretAge[]> {
  if (folder.secretsFile === null) return []
  const { mtimeMs } = await stat(folder.secretsFile)
  return agesOf(secrets, mtimeMs, Date.now())
}
