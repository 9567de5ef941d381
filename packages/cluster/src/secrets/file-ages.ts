import { stat } from 'node:fs/promises'
import type { OpenDataCentre } from '../state/open.ts'
import { agesOf, type SecretAge } from './ages.ts'

/** Returns the ages of a data centre's secrets. Empty if no file keeps them. */
export async function secretAges({ folder, secrets }: OpenDataCentre): Promise<SecretAge[]> {
  if (folder.secretsFile === null) return []
  const { mtimeMs } = await stat(folder.secretsFile)
  return agesOf(secrets, mtimeMs, Date.now())
}
