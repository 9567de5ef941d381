import { undoAll } from '@holdfast/operations/undo/undo'
import type { UndoJournalFile } from '@holdfast/operations/undo/undo-journal'
import type { FaultPlan, FaultTools } from './plan.ts'

/** A fault that was injected. */
export interface InjectedFault {
  /** On the clock of `performance.now()`, just before the injection. */
  atMs: number
  /** When its `rest` ended, well or not, on the same clock; null before that. */
  doneAtMs(): number | null
  /** Ends the fault and undoes it. Safe to call again. Throws `NOT_UNDONE`. */
  undo(): Promise<void>
}

/**
 * Injects a fault. The journal of how to undo it is on disk from before the injection until the fault is undone, so that
 * after any end of this process the next drill and `holdfast doctor --fix` can undo it.
 * INV-DRILL-1.
 */
export async function injectFault(
  plan: FaultPlan,
  tools: FaultTools,
  undoJournal: UndoJournalFile,
): Promise<InjectedFault> {
  const ending = new AbortController()
  let rest: Promise<unknown> = Promise.resolve()
  let undone: Promise<void> | null = null
  const undo = () => {
    undone ??= end()
    return undone
  }
  async function end(): Promise<void> {
    ending.abort()
    try {
      await rest
    } finally {
      await undoAll(plan.undo, tools)
      await undoJournal.clear()
    }
  }

  let doneAtMs: number | null = null
  const done = () => {
    doneAtMs = performance.now()
  }
  await undoJournal.write({ fault: plan.text, undo: plan.undo })
  const atMs = performance.now()
  try {
    const injected = await plan.inject(ending.signal)
    rest = injected.rest ?? rest
    // Its errors are thrown by `undo`; until then the load is observed.
    rest.then(done, done)
  } catch (error) {
    await undo()
    throw error
  }
  return { atMs, doneAtMs: () => doneAtMs, undo }
}
