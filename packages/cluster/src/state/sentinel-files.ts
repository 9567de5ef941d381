import { join } from 'node:path'
import { formatAddress } from '@holdfast/tokens/redis'
import { readIfThere } from './private-file.ts'

/** The name of a Sentinel's file in the folder of its process. */
export const SENTINEL_FILE = 'sentinel.conf'

/**
 * `host:port` of the primary that the Sentinels' own files name: that of the newest configuration epoch, since an
 * epoch is given only to a Sentinel that has won an election. Null when there is no such file.
 */
export async function primaryInFiles(
  folders: readonly string[],
  primaryName: string,
): Promise<string | null> {
  const texts = await Promise.all(folders.map((folder) => readIfThere(join(folder, SENTINEL_FILE))))
  const views = texts.flatMap((text) => parseSentinelFile(text ?? '', primaryName) ?? [])
  return views.sort((a, b) => b.configEpoch - a.configEpoch)[0]?.primary ?? null
}

/** The primary and its configuration epoch in the text of a `sentinel.conf`. */
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
