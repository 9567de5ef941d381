import { textOf } from '../../drill/undo/undo.ts'
import { readUndoJournal } from '../../drill/undo/undo-journal.ts'
import { runningOperation } from '../../operate/lock.ts'
import type { StateFolder } from '../../state/folder.ts'
import type { DrillSnapshot } from '../snapshot.ts'

/** What a drill does at present, or has left. Throws `REMAINS_UNREADABLE`. */
export async function collectDrill(folder: StateFolder): Promise<DrillSnapshot | null> {
  // First: one that ends meanwhile takes its file away.
  const running = await runningOperation(folder.operationFile)
  const remains = await readUndoJournal(folder)
  if (remains === null) return null
  const { fault, undo } = remains
  return { fault, undo: undo.map(textOf), isUnderWay: running?.operation === 'drill' }
}
