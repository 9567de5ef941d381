import { stat } from 'node:fs/promises'
import { agesOf, type SecretAge } from './ages.ts'
import type { Secrets } from './secrets.ts'

/** The ages of a data centre's secrets; none where they are in no file. */
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
