import { setTimeout as sleep } from 'node:timers/promises'
import type { StateFolder } from '../state/folder.ts'
import { isAlive, signalProcess } from '../state/process-identity.ts'
import { PROCESS_KINDS, type RecordedProcess, readProcesses, writeProcesses } from '../state/records.ts'

const GRACE_MS = 5000
const LOOK_AGAIN_MS = 20

/**
 * Ends the processes that a supervisor has left behind when it died: only those that are in its record, and are
 * the very same processes still. Answers which they were.
 * INV-LOCAL-1.
 */
export async function endLeftovers(folder: StateFolder): Promise<RecordedProcess[]> {
  const left = readProcesses(folder).filter(isAlive)
  for (const kind of PROCESS_KINDS) await endAll(left.filter((process) => process.kind === kind))
  if (left.length > 0) writeProcesses(folder, [])
  return left
}

async function endAll(processes: readonly RecordedProcess[]): Promise<void> {
  for (const process of processes) {
    signalProcess(process, 'SIGTERM')
    // A paused process obeys only after it goes on.
    signalProcess(process, 'SIGCONT')
  }
  const untilMs = performance.now() + GRACE_MS
  while (processes.some(isAlive)) {
    if (performance.now() > untilMs) for (const process of processes) signalProcess(process, 'SIGKILL')
    await sleep(LOOK_AGAIN_MS)
  }
}
