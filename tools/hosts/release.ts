import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'

/** A platform that hosts have. */
export const PLATFORMS = ['linux-x64', 'linux-arm64'] as const
export type Platform = (typeof PLATFORMS)[number]

export interface Release {
  version: string
  /** The time of the revision (in seconds): the time of every file, so that two builds have the same bytes. */
  timeS: number
  /** `small`: what operators get. `quick`: for tests, in a fraction of the time. */
  compression: 'small' | 'quick'
}

export const ZSTD_LEVEL = { small: 10, quick: 1 }

/** Gives every file and folder the time of the release. */
export async function setTimes(folder: string, release: Release): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await setTimes(path, release)
    else if (entry.isFile()) await utimes(path, release.timeS, release.timeS)
  }
  await utimes(folder, release.timeS, release.timeS)
}
