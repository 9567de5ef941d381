import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/** Drafts that a killed process left are deleted after this time (in milliseconds). */
const LEFTOVER_MS = 60_000

/** Sets properties of the new file, such as its owner, before it has its text. `target` is the file that it will replace. */
export type Prepare = (draft: FileHandle, target: string) => Promise<void>

/**
 * Replaces a file's text atomically: a reader, or a machine that loses power, sees the old text or the new text. The new file
 * has this mode, regardless of the umask. A symbolic link stays, and its target is replaced. After an error, such as a full
 * disk, the old file is as before and no draft remains. Throws errors of the file system.
 * INV-FILES-3.
 */
export async function replaceFile(
  file: string,
  text: string,
  mode: number,
  prepare?: Prepare,
): Promise<void> {
  const target = await targetOf(file)
  const draft = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  try {
    {
      await using handle = await open(draft, 'wx', mode)
      await handle.chmod(mode)
      await prepare?.(handle, target)
      await handle.writeFile(text)
      // Flushed before the rename: after a power cut, an empty file would be worse than the old file.
      await handle.sync()
    }
    await rename(draft, target)
    await using folder = await open(dirname(target))
    await folder.sync()
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await deleteLeftDrafts(target)
}

/** The file that a path leads to through symbolic links, also when the file does not exist. */
export async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const link = await readlink(file).catch(() => null)
    return link === null ? file : targetOf(resolve(dirname(file), link))
  }
}

async function deleteLeftDrafts(file: string): Promise<void> {
  const prefix = `${basename(file)}.`
  for (const name of await readdir(dirname(file))) {
    if (!name.startsWith(prefix) || !/^\d+-[\da-f]{8}\.tmp$/.test(name.slice(prefix.length))) continue
    const draft = join(dirname(file), name)
    const found = await stat(draft).catch(() => null)
    if (found !== null && Date.now() - found.mtimeMs > LEFTOVER_MS) await rm(draft, { force: true })
  }
}
