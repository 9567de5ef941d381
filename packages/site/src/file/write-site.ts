import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'
import { keepBeside } from '../private-file.ts'
import { SCHEMA_FILE } from './compose.ts'
import { siteJsonSchema } from './schema.ts'

export interface WrittenSite {
  file: string
  schemaFile: string
  /** The path of the backup of the replaced file. Null if no file was replaced, or its text was the same. */
  kept: string | null
}

/**
 * Writes the file of a new site, and beside it the JSON Schema with which editors complete and explain the keys. With
 * `force`, an existing file is replaced and a backup of it is kept beside it.
 *
 * Throws `SITE_EXISTS` if one of the two files exists with another text and `force` is not set, and `SITE_UNWRITABLE`.
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
      throw new ClusterError('SITE_EXISTS', `${path} already exists. Use --force to replace it.`)
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
      `Cannot write ${file} and ${schemaFile} (${systemCode(cause)}). Choose another folder.`,
      { cause },
    )
  }
}

function nullWithout(error: unknown): null {
  if (systemCode(error) === 'ENOENT') return null
  throw error
}

/** Replaces a file in one step: a reader sees the old text or the new text, never a part of one. */
async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  try {
    await writeFile(draft, text, { flag: 'wx' })
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
