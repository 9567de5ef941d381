import { stat } from 'node:fs/promises'

/** A text that changes whenever the file does, also when only its mode was put right; `''` when it is gone. */
export async function versionOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => null)
  return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}` : ''
}

/** The versions of some files, as one text that changes whenever one of them does. */
export async function versionsOf(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(versionOf))).join(' ')
}
