import type { Timings } from '@holdfast/site/topology/topology'
import type { ProcessStatus } from './managed-process.ts'

/** The signals that a process can be sent: kill, pause, continue, and reload its files. */
export const SIGNALS = ['SIGKILL', 'SIGSTOP', 'SIGCONT', 'SIGHUP'] as const

export type ControlSignal = (typeof SIGNALS)[number]

/** The reply of the control socket to a request that succeeded. */
export interface ControlStatus {
  name: string
  timings: Timings['name']
  processes: ProcessStatus[]
}

/** The reply to a refused request; `error` is one sentence. */
export interface ControlError {
  error: string
}
