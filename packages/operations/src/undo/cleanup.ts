import { Nodes } from '@holdfast/agent/redis/nodes'
import type { StateFolder } from '@holdfast/local/state/folder'
import { openLocal } from '@holdfast/local/state/open'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { type UndoTools, undoAll } from './undo.ts'
import { readUndoJournal, undoJournalFile } from './undo-journal.ts'

/**
 * Undoes the fault that a killed drill has left in a data centre, and answers what it was; null when there was none. The
 * caller holds the lock.
 *
 * Throws what {@link undoJournaled} throws, and `NOT_RUNNING`.
 */
export async function cleanUpKilledDrill(stateDir: string): Promise<string | null> {
  const local = await openLocal(stateDir)
  const nodes = new Nodes(local)
  try {
    return await undoJournaled(local.folder, {
      control: connectControl(stateDir),
      ask: (node, commands, timeoutMs) => nodes.send(node, commands, timeoutMs),
    })
  } finally {
    nodes.close()
  }
}

/** The same for a caller that has connections. Throws `NOT_UNDONE`, `REMAINS_UNREADABLE`. */
export async function undoJournaled(folder: StateFolder, tools: UndoTools): Promise<string | null> {
  const journal = await readUndoJournal(folder)
  if (journal === null) return null
  await undoAll(journal.undo, tools)
  await undoJournalFile(folder).clear()
  return journal.fault
}
