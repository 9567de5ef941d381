import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ClusterError, systemCode } from '@holdfast/site/errors'

/** Throws `FILE_UNUSABLE` when the file exists. */
export async function assertNew(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null
    throw unusable(file, error)
  })
  if (found === null) return
  throw new ClusterError('FILE_UNUSABLE', `${file} already exists. Choose another name, or move it away.`)
}

/**
 * Writes a new file, readable only by its owner, completely or not at all, also in case of a power loss. Answers its
 * size in bytes. Throws `FILE_UNUSABLE`, and what `chunks` throws.
 */
export async function writeWhole(file: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const draft = `${file}.${process.pid}.tmp`
  let bytes = 0
  const handle = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    throw unusable(file, error)
  })
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      await writeTo(handle, file, chunk)
    }
    await handle.sync()
    await rename(draft, file)
    await syncFolder(dirname(file))
    return bytes
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Opens a file for reading, more than once. Throws `FILE_UNUSABLE`. */
export async function openToRead(file: string): Promise<FileHandle> {
  try {
    return await open(file)
  } catch (error) {
    throw unusable(file, error)
  }
}

/** The first bytes of a file, `max` at most. */
export async function beginningOf(handle: FileHandle, max: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(max), 0, max, 0)
  return buffer.subarray(0, bytesRead)
}

/** The contents of a file, from its beginning. */
export const contentsOf = (handle: FileHandle): AsyncIterable<Buffer> =>
  handle.createReadStream({ start: 0, autoClose: false })

async function writeTo(handle: FileHandle, file: string, chunk: Uint8Array): Promise<void> {
  try {
    await handle.writeFile(chunk)
  } catch (error) {
    throw unusable(file, error)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}

const unusable = (file: string, cause: unknown) =>
  new ClusterError(
    'FILE_UNUSABLE',
    `${file} cannot be used (${systemCode(cause)}). Check the path and its permissions.`,
    {
      cause,
    },
  )
