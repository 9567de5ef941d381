import { constants } from 'node:fs'
import { chmod, copyFile, readFile, rename } from 'node:fs/promises'
import { replaceFile } from '@holdfast/files/replace-file'
import { systemCode } from './errors.ts'
import { missingEssentials } from './render/essentials.ts'

/**
 * Writes a file that only its owner may read. A reader sees the old or the new text, never a part.
 * INV-LOCAL-8.
 */
export const writePrivate = (file: string, text: string): Promise<void> => replaceFile(file, text, 0o600)

/**
 * Writes the file if it is missing or damaged, and returns whether it wrote. A file is damaged when a power cut has emptied it
 * or cut off an essential line; it is kept under another name.
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
 * Copies a file that is about to be replaced, readable by its owner only, to a name such as
 * `ca.key.replaced-20261201-155000-123`. Returns the path of the copy, or null when the file does not exist.
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

/** The text of a file; null when the file does not exist. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null
    throw error
  }
}
