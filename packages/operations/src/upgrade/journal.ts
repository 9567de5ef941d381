import { rm } from 'node:fs/promises'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { z } from 'zod'

/** What to restart: everything, one kind of process, or the processes of one host. */
export interface Selection {
  only: 'redis' | 'sentinel' | null
  host: string | null
}

const schema = z.object({
  /** ISO 8601, UTC. */
  beganAt: z.string(),
  only: z.enum(['redis', 'sentinel']).nullable(),
  host: z.string().nullable(),
  targets: z.array(z.object({ name: z.string(), runId: z.string().min(1), version: z.string() })),
})

/**
 * Every process that an upgrade restarts, as it ran when the upgrade began. A process with another run id has restarted
 * since, whatever the cause. By that an interrupted upgrade resumes.
 */
export type Journal = z.output<typeof schema>

/** The journal of an unfinished upgrade with the same selection, or null. */
export async function readJournal(file: string, { only, host }: Selection): Promise<Journal | null> {
  const text = await readIfThere(file)
  if (text === null) return null
  try {
    const journal = schema.parse(JSON.parse(text))
    return journal.only === only && journal.host === host ? journal : null
  } catch {
    // Without it the upgrade restarts every process again, which is safe.
    return null
  }
}

export function writeJournal(file: string, journal: Journal): Promise<void> {
  return writePrivate(file, `${JSON.stringify(journal, null, 2)}\n`)
}

export function removeJournal(file: string): Promise<void> {
  return rm(file, { force: true })
}
