import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, writePrivate } from './private-file.ts'

/** The file beside the data that says in which boot of the machine Redis was started. The unit deletes it at a clean stop. */
export const STARTED_FILE = 'started'

/**
 * How the last run of a Redis ended: `clean` also when there was none; `crash` when the machine went on, so that the
 * kernel still wrote what Redis had given to it; `power` when it did not, so the files may lack the last seconds.
 */
export type LastRun = 'clean' | 'crash' | 'power'

export async function lastRunIn(stateFolder: string, bootId: string): Promise<LastRun> {
  const started = await readIfThere(join(stateFolder, STARTED_FILE))
  if (started === null) return 'clean'
  return started.trim() === bootId ? 'crash' : 'power'
}

/** On the disk before Redis starts: a power cut at any time after it is not taken for a clean stop. */
export async function recordStart(stateFolder: string, bootId: string): Promise<void> {
  await writePrivate(join(stateFolder, STARTED_FILE), `${bootId}\n`)
  const folder = await open(stateFolder, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Another one after each start of the machine, the same in all its containers; empty where the system does not show it. */
export async function readBootId(): Promise<string> {
  return (await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''
}
