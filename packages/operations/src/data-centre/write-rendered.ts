import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { replaceFile } from '@holdfast/files/replace-file'
import { ClusterError, systemCode } from '@holdfast/site/errors'
import { keepBeside, readIfThere } from '@holdfast/site/private-file'
import type { RenderedFile } from '@holdfast/site/render/render-site'

/**
 * Writes rendered files into a folder, with one folder per host. Files with secrets are readable only by their owner from
 * the first byte on. Before it replaces a file with another text it keeps a copy beside it, except for certificates and
 * keys, which `holdfast ca` has. Answers the names of the copies.
 *
 * Throws `RENDER_REFUSED`, before anything is written, when one of the files exists and `force` is false: someone may have
 * edited it.
 */
export async function writeRendered(
  files: readonly RenderedFile[],
  folder: string,
  { force }: { force: boolean },
): Promise<string[]> {
  const kept: string[] = []
  if (!force) await refuseToOverwrite(files, folder)
  for (const { path, text, mode } of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const before = path.includes('/tls/') ? null : await readIfThere(file)
    if (before !== null && before !== text) kept.push((await keepBeside(file)) ?? file)
    await replaceFile(file, text, mode)
  }
  return kept
}

async function refuseToOverwrite(files: readonly RenderedFile[], folder: string): Promise<void> {
  for (const { path } of files) {
    const file = join(folder, path)
    if (!(await isThere(file))) continue
    throw new ClusterError(
      'RENDER_REFUSED',
      `${file} already exists. Name another folder with --out, or overwrite it with --force.`,
    )
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false
    throw error
  }
}
