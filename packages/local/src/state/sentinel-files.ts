import { join } from 'node:path'
import { readIfThere } from '@holdfast/site/private-file'
import { formatAddress } from '@holdfast/tokens/redis'

/** The name of a Sentinel's configuration file, in the folder of the process. */
export const SENTINEL_FILE = 'sentinel.conf'

/**
 * `host:port` of the primary in the Sentinels' own files; null when there is no such file. The newest configuration epoch
 * counts, because only a Sentinel that has won an election gets an epoch.
 */
export async function primaryInFiles(
  folders: readonly string[],
  primaryName: string,
): Promise<string | null> {
  const texts = await Promise.all(folders.map((folder) => readIfThere(join(folder, SENTINEL_FILE))))
  const views = texts.flatMap((text) => parseSentinelFile(text ?? '', primaryName) ?? [])
  return views.sort((a, b) => b.configEpoch - a.configEpoch)[0]?.primary ?? null
}

/** Parses the primary and its configuration epoch from the text of a `sentinel.conf`. */
export function parseSentinelFile(
  text: string,
  primaryName: string,
): { primary: string; configEpoch: number } | null {
  let primary: string | null = null
  let configEpoch = 0
  for (const line of text.split('\n')) {
    const [directive, what, name, first, second] = line.trim().split(/\s+/)
    if (directive !== 'sentinel' || name !== primaryName || first === undefined) continue
    if (what === 'monitor') primary = formatAddress({ host: first, port: Number(second) })
    if (what === 'config-epoch') configEpoch = Number(first)
  }
  return primary === null ? null : { primary, configEpoch }
}
