import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, signalProcess } from '@holdfast/files/process-identity'
import type { StateFolder } from '../state/folder.ts'
import { PROCESS_KINDS, type RecordedProcess, readProcesses, writeProcesses } from '../state/records.ts'

const GRACE_MS = 5000
const POLL_INTERVAL_MS = 20

/**
 * Ends the processes that a dead supervisor left behind, and returns them. It ends only processes in the supervisor's record
 * whose start time still matches.
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
    // A paused process handles SIGTERM only after SIGCONT.
    signalProcess(process, 'SIGCONT')
  }
  const untilMs = performance.now() + GRACE_MS
  while (processes.some(isAlive)) {
    if (performance.now() > untilMs) for (const process of processes) signalProcess(process, 'SIGKILL')
    await sleep(POLL_INTERVAL_MS)
  }
}
