import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { buildIdAt, type EngineBuild } from '../engine/build.ts'

/** Where Debian and Ubuntu keep the changelogs of their packages. */
const DOCUMENTS = '/usr/share/doc'
/** A changelog that is longer is not read (in bytes). It has about 15 KB. */
const MAX_BYTES = 4 * 1024 ** 2

/**
 * The security holes that the package of a running engine says to have fixed, such as `CVE-2025-49844`, by the package on this
 * machine: the build id shows which of its builds runs, also on another machine. Empty if none does.
 */
export async function readPackageFixes(build: EngineBuild, folder = DOCUMENTS): Promise<string[]> {
  let changelog: string
  try {
    const packed = await readFile(join(folder, `${build.product}-server`, 'changelog.Debian.gz'))
    changelog = gunzipSync(packed, { maxOutputLength: MAX_BYTES }).toString()
  } catch {
    // Another distribution, an engine without a package, an image without documents, or a damaged file.
    return []
  }
  return fixesIn(changelog, build)
}

/** The last line of an entry. Its date is the date of the source of that build. */
const END_OF_ENTRY = /^ -- .+ {2}(\S.*)$/m

/** The fixes of the entry from which this process was built, and of the older ones. Pure. */
function fixesIn(changelog: string, { product, version, id }: EngineBuild): string[] {
  // Texts and dates in turn, the newest first.
  const parts = changelog.split(END_OF_ENTRY)
  const own = parts.findIndex(
    (part, index) => index % 2 === 1 && buildIdAt(product, version, Date.parse(part)) === id,
  )
  if (own === -1) return []
  return [
    ...new Set(
      parts
        .slice(own - 1)
        .join('\n')
        .match(/\bCVE-\d{4}-\d+/g),
    ),
  ]
}
