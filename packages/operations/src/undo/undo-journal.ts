import { rm } from 'node:fs/promises'
import type { StateFolder } from '@holdfast/local/state/folder'
import { ClusterError } from '@holdfast/site/errors'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { z } from 'zod'

const nodeSchema = z.object({ host: z.string(), port: z.int() })

/** One step that undoes a fault. It is harmless when nothing is wrong, so that it may be repeated. */
const undoStepSchema = z.discriminatedUnion('do', [
  /** Lets a paused process continue. */
  z.object({ do: z.literal('continue'), process: z.string() }),
  z.object({ do: z.literal('restore-host'), host: z.string() }),
  /** Sends commands to a Redis as its admin. They hold no secret. */
  z.object({ do: z.literal('command'), node: nodeSchema, commands: z.array(z.array(z.string())) }),
])

export type UndoStep = z.infer<typeof undoStepSchema>

const journalSchema = z.object({
  /** The fault that the drill was about to inject. */
  fault: z.string(),
  undo: z.array(undoStepSchema).readonly(),
})

/** How to undo the fault of the drill that runs now, or of one that was killed. */
export type UndoJournal = z.infer<typeof journalSchema>

/** The file in the state folder in which a drill notes how its fault is undone. */
export interface UndoJournalFile {
  write(journal: UndoJournal): Promise<void>
  clear(): Promise<void>
}

export function undoJournalFile({ drillFile }: Pick<StateFolder, 'drillFile'>): UndoJournalFile {
  return {
    write: (journal) => writePrivate(drillFile, `${JSON.stringify(journal, null, 2)}\n`),
    clear: () => rm(drillFile, { force: true }),
  }
}

/** Null when no fault is under way and no killed drill has left one. Throws `REMAINS_UNREADABLE`. */
export async function readUndoJournal({
  drillFile,
}: Pick<StateFolder, 'drillFile'>): Promise<UndoJournal | null> {
  const text = await readIfThere(drillFile)
  if (text === null) return null
  const journal = journalSchema.safeParse(parse(text)).data
  if (journal !== undefined) return journal
  throw new ClusterError(
    'REMAINS_UNREADABLE',
    `${drillFile} is not the journal of a drill, so its fault cannot be undone. Fix what \`holdfast doctor\` finds, then delete the file.`,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
