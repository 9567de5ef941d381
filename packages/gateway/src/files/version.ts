import { stat } from 'node:fs/promises'

/** A text that changes whenever the file or its mode changes; `''` when the file is missing. */
export async function versionOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => null)
  return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}` : ''
}

/** The versions of several files, as one text that changes whenever one of them changes. */
export async function versionsOf(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(versionOf))).join(' ')
}
