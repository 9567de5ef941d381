import type { FaultName } from '../faults/alphabet.ts'
import type { Target } from '../faults/fault.ts'

/** One fault of a schedule. */
export interface ScheduledFault {
  /** After the warm-up (in milliseconds). */
  atMs: number
  durationMs: number
  fault: FaultName
  target: Target
  /** What the seed drew for it, from 0 to 1: how bad it is, where that can differ. */
  strength: number
  /** It begins no earlier than the data centre is whole again after the fault before it. */
  afterWhole: boolean
}
