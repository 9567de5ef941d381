import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MARK_KEY } from '@holdfast/tokens/redis'

/** Beyond this size a data set is taken to hold the mark without looking for it. */
const LOOK_THROUGH_BYTES = 1024 * 1024

/**
 * Whether a Redis that starts with this data folder will have the data centre's data: there is an append-only
 * file, and it is not one of an empty Redis (every data set holds the generation mark).
 */
export async function dataSetIsThere(dataFolder: string): Promise<boolean> {
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
  if (files.reduce((sum, { size }) => sum + size, 0) > LOOK_THROUGH_BYTES) return true
  for (const { path, size } of files) {
    if (await holdsMark(path, size)) return true
  }
  return false
}

async function holdsMark(path: string, size: number): Promise<boolean> {
  const file = await open(path)
  try {
    const bytes = Buffer.alloc(size)
    await file.read(bytes, 0, size, 0)
    return bytes.includes(MARK_KEY)
  } finally {
    await file.close()
  }
}
