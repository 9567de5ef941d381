import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MARK_KEY } from '@holdfast/tokens/redis'

/** A larger data set counts as one with the group id, without a search. */
const MAX_SEARCH_BYTES = 1024 * 1024

/**
 * Whether a Redis that starts with this data folder will have the data centre's data. It will if there is an append-only
 * file and the file is not that of an empty Redis: every data set holds the group id.
 */
export async function hasDataSet(dataFolder: string): Promise<boolean> {
  const appendFolder = join(dataFolder, 'appendonlydir')
  const names = await readdir(appendFolder).catch(() => [])
  if (!names.some((name) => name.endsWith('.manifest'))) return false
  const files = await Promise.all(
    names
      .filter((name) => !name.endsWith('.manifest'))
      .map(async (name) => {
        const path = join(appendFolder, name)
        return { path, size: await stat(path).then(({ size }) => size) }
      }),
  )
  if (files.reduce((sum, { size }) => sum + size, 0) > MAX_SEARCH_BYTES) return true
  for (const { path, size } of files) {
    if (await hasGroupId(path, size)) return true
  }
  return false
}

async function hasGroupId(path: string, size: number): Promise<boolean> {
  const file = await open(path)
  try {
    const bytes = Buffer.alloc(size)
    await file.read(bytes, 0, size, 0)
    return bytes.includes(MARK_KEY)
  } finally {
    await file.close()
  }
}
