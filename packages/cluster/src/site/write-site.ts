import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'
import { keepBeside } from '../state/private-file.ts'
import { SCHEMA_FILE } from './compose.ts'
import { siteJsonSchema } from './json-schema.ts'

export interface WrittenSite {
  file: string
  schemaFile: string
  /** Where a file that was replaced is kept; null when there was none, or the same. */
  kept: string | null
}

/**
 * Writes a new site's file, and beside it the JSON Schema by which editors explain it.
 *
 * Throws `SITE_EXISTS` when either is there and would change, unless `force` says to replace it: the file is then kept beside; and
 * `SITE_UNWRITABLE`.
 */
export async function writeSite(file: string, text: string, { force = false } = {}): Promise<WrittenSite> {
  const schemaFile = join(dirname(file), SCHEMA_FILE)
  const schema = `${JSON.stringify(siteJsonSchema(), null, 2)}\n`
  try {
    for (const [path, wanted] of [
      [file, text],
      [schemaFile, schema],
    ] as const) {
      const found = await readFile(path, 'utf8').catch(nullWithout)
      if (force || found === null || found === wanted) continue
      throw new ClusterError('SITE_EXISTS', `${path} exists. To replace it, give --force.`)
    }
    const before = await readFile(file, 'utf8').catch(nullWithout)
    const kept = before === null || before === text ? null : await keepBeside(file)
    await replace(schemaFile, schema)
    await replace(file, text)
    return { file, schemaFile, kept }
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause
    throw new ClusterError(
      'SITE_UNWRITABLE',
      `${file} and ${schemaFile} cannot be written (${systemCode(cause)}). Choose another folder.`,
      { cause },
    )
  }
}

function nullWithout(error: unknown): null {
  if (systemCode(error) === 'ENOENT') return null
  throw error
}

/** A reader sees the old text or the new, never a part. */
async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  try {
    await writeFile(draft, text, { flag: 'wx' })
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
