import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'

/** A file beside the data with the id of the boot in which Redis was started. The unit deletes it at a clean stop. */
export const STARTED_FILE = 'started'

/**
 * How the last run of a Redis ended. `clean`: a clean stop, or there was no run. `crash`: the machine kept running, so the
 * kernel wrote all data that Redis had passed to it. `power`: the machine was reset, so the files may lack the last seconds.
 */
export type LastRun = 'clean' | 'crash' | 'power'

export async function lastRunIn(stateFolder: string, bootId: string): Promise<LastRun> {
  const started = await readIfThere(join(stateFolder, STARTED_FILE))
  if (started === null) return 'clean'
  return started.trim() === bootId ? 'crash' : 'power'
}

/** Records the boot on disk before Redis starts, so that a later power cut does not look like a clean stop. */
export async function recordStart(stateFolder: string, bootId: string): Promise<void> {
  await writePrivate(join(stateFolder, STARTED_FILE), `${bootId}\n`)
  const folder = await open(stateFolder, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The id of this boot, the same in all containers of the machine. Empty when the system does not show it. */
export async function readBootId(): Promise<string> {
  return (await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''
}
