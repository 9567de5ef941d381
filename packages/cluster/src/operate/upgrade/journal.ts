import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { readIfThere, writePrivate } from '../../state/private-file.ts'

/** What is to be restarted: all, one kind of process, or what runs on one host. */
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
 * What an upgrade has to do: every process that it restarts, as it ran when the upgrade began. A process with another
 * run id has been restarted since, by whomever. So one that was interrupted goes on where it was.
 */
export type Journal = z.output<typeof schema>

/** The journal of an upgrade of the same choice that was not finished, or null. */
export async function readJournal(file: string, { only, host }: Selection): Promise<Journal | null> {
  const text = await readIfThere(file)
  if (text === null) return null
  try {
    const journal = schema.parse(JSON.parse(text))
    return journal.only === only && journal.host === host ? journal : null
  } catch {
    // It says what was done; all of it can be done again.
    return null
  }
}

export function writeJournal(file: string, journal: Journal): Promise<void> {
  return writePrivate(file, `${JSON.stringify(journal, null, 2)}\n`)
}

export function removeJournal(file: string): Promise<void> {
  return rm(file, { force: true })
}
