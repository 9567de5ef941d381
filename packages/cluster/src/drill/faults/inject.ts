import type { RemainsFile } from '../undo/remains.ts'
import { undoAll } from '../undo/undo.ts'
import type { FaultPlan, FaultTools } from './plan.ts'

/** A fault that was done. */
export interface InjectedFault {
  /** On the clock of `performance.now()`, just before it was done. */
  atMs: number
  /** When what it waits for ended, well or not, on the same clock; null before that. */
  doneAtMs(): number | null
  /** Ends what lasts, and waits until it has ended. Safe to call again. Throws `NOT_UNDONE`. */
  undo(): Promise<void>
}

/**
 * Does a fault. How to undo it is on disk before it is done and until it is undone, so that whatever ends this process,
 * the next drill and `holdfast doctor --fix` know.
 * INV-DRILL-1.
 */
export async function injectFault(
  plan: FaultPlan,
  tools: FaultTools,
  remains: RemainsFile,
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
      await remains.clear()
    }
  }

  let doneAtMs: number | null = null
  const done = () => {
    doneAtMs = performance.now()
  }
  await remains.write({ fault: plan.text, undo: plan.undo })
  const atMs = performance.now()
  try {
    const injected = await plan.inject(ending.signal)
    rest = injected.rest ?? rest
    // Whether it went well is told at the end; meanwhile users are watched.
    rest.then(done, done)
  } catch (error) {
    await undo()
    throw error
  }
  return { atMs, doneAtMs: () => doneAtMs, undo }
}
