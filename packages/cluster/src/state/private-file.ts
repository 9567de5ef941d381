import { constants } from 'node:fs'
import { chmod, copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import { systemCode } from '../errors.ts'
import { missingEssentials } from '../render/essentials.ts'

/**
 * Writes a file that only its owner may read; a reader sees the old text or the new, never a part.
 * INV-LOCAL-8.
 */
export const writePrivate = (file: string, text: string): Promise<void> => replaceFile(file, text, 0o600)

/** As {@link writePrivate}, with another mode, whatever the umask is. */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  // On the disk before it has the name: after a power cut an empty file would be worse than the old one.
  await writeFile(draft, text, { mode, flush: true })
  await chmod(draft, mode)
  await rename(draft, file)
}

/**
 * Writes the file unless it is there already, and again when a power cut has emptied it or cut an essential line off; that
 * one is moved aside. Answers whether it was written.
 */
export async function seedPrivate(
  file: string,
  text: string,
  essentials: readonly string[] = [],
): Promise<boolean> {
  const present = await readIfThere(file)
  if (present !== null && /[a-z0-9]/i.test(present) && missingEssentials(present, essentials).length === 0)
    return false
  if (present !== null) await rename(file, `${file}.damaged.${Date.now()}`)
  await writePrivate(file, text)
  return true
}

/**
 * Copies a file that is about to be replaced, for its owner alone, beside it: `ca.key.replaced-20261201-155000-123`. Answers the
 * copy's name, or null when there is no such file.
 */
export async function keepBeside(file: string): Promise<string | null> {
  const time = new Date().toISOString().slice(0, 23).replaceAll(/[-:]/g, '').replaceAll(/[T.]/g, '-')
  const copy = `${file}.replaced-${time}`
  try {
    await copyFile(file, copy, constants.COPYFILE_EXCL)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
  await chmod(copy, 0o600)
  return copy
}

/** The text of a file, or null when there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null
    throw error
  }
}
