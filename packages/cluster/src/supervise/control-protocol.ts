import type { Timings } from '../topology/topology.ts'
import type { ProcessStatus } from './managed-process.ts'

/** Signals that can be sent to a process: kill it, pause it, let it go on, end it in order, let it read its files again. */
export const SIGNALS = ['SIGKILL', 'SIGSTOP', 'SIGCONT', 'SIGHUP'] as const

export type ControlSignal = (typeof SIGNALS)[number]

/** What the control socket answers when it did what was asked. */
export interface ControlStatus {
  name: string
  timings: Timings['name']
  processes: ProcessStatus[]
}

/** What it answers when it did not; one sentence. */
export interface ControlError {
  error: string
}
