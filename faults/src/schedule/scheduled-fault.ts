import type { FaultName } from '../faults/catalog.ts'
import type { Target } from '../faults/fault.ts'

/** One fault of a schedule. */
export interface ScheduledFault {
  /** The start, after the warm-up (in milliseconds). */
  atMs: number
  durationMs: number
  fault: FaultName
  target: Target
  /** The strength that the seed drew, from 0 to 1. Only some faults have different strengths. */
  strength: number
  /** Whether the fault waits until the data centre has recovered from the previous fault. */
  afterRecovery: boolean
}
