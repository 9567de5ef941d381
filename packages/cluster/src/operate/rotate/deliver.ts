import { runShell } from '../shell.ts'

/** What brings files to many hosts takes its time (in milliseconds). */
const DELIVERY_MS = 900_000

/**
 * Runs the command that brings rendered files to the hosts. Rejects with how it ended and what it said.
 * INV-OPERATIONS-11.
 */
export async function deliver(command: string, signal: AbortSignal | undefined): Promise<void> {
  const problem = await runShell(command, { signal, limitMs: DELIVERY_MS })
  if (problem !== null) throw new Error(problem)
}
