import { rm } from 'node:fs/promises'
import { z } from 'zod'
import type { StateFolder } from '../../state/folder.ts'
import { readIfThere, writePrivate } from '../../state/private-file.ts'
import { ClusterError } from '../../errors.ts'
import { undoStepSchema } from './steps.ts'
import { type UndoTools, undoAll } from './undo.ts'

const remainsSchema = z.object({
  /** What it was about to do. */
  fault: z.string(),
  undo: z.array(undoStepSchema).readonly(),
})

/** What a drill does at present, or what a killed one has left. */
export type Remains = z.infer<typeof remainsSchema>

/** The file in the state folder in which a drill says how its fault is undone. */
export interface RemainsFile {
  write(remains: Remains): Promise<void>
  clear(): Promise<void>
}

export function remainsFile({ drillFile }: Pick<StateFolder, 'drillFile'>): RemainsFile {
  return {
    write: (remains) => writePrivate(drillFile, `${JSON.stringify(remains, null, 2)}\n`),
    clear: () => rm(drillFile, { force: true }),
  }
}

/** Null when no fault is under way and no drill has left one. */
export async function readRemains({ drillFile }: Pick<StateFolder, 'drillFile'>): Promise<Remains | null> {
  const text = await readIfThere(drillFile)
  if (text === null) return null
  const remains = remainsSchema.safeParse(parse(text)).data
  if (remains !== undefined) return remains
  throw new ClusterError(
    'REMAINS_UNREADABLE',
    `${drillFile} does not say what a drill has left. See \`holdfast doctor\`, put right what it finds, and delete the file.`,
  )
}

/**
 * Undoes what a killed drill has left, and says what that was; null when there was nothing. For who has the data centre
 * to himself (operate/lock.ts): what is left is a dead one's.
 *
 * Throws `NOT_UNDONE`, `REMAINS_UNREADABLE`.
 */
export async function mendRemains(folder: StateFolder, tools: UndoTools): Promise<string | null> {
  const remains = await readRemains(folder)
  if (remains === null) return null
  await undoAll(remains.undo, tools)
  await remainsFile(folder).clear()
  return remains.fault
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
