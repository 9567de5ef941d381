import type { Timings } from '../data-centre/config.ts'
import type { FaultName } from '../faults/alphabet.ts'
import type { Target } from '../faults/fault.ts'
import type { SystemName } from '../systems/system.ts'
import type { Workload } from '../worker/settings.ts'
import type { Promises } from './promise.ts'

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

/** All that a run is: the same plan is the same run, but for the moment's chances. */
export interface RunPlan {
  name: string
  /** Which scripted case it plays, or null for the schedule below. */
  scripted: string | null
  schedule: ScheduledFault[]
  seed: number
  system: SystemName
  timings: Timings
  workers: number
  workload: Workload
  /** The idle lifetime of a session (in milliseconds). */
  idleMs: number
  leaseMs: number
  /** How far apart the clocks of two servers may be, by the faults of this run. */
  clockErrorMs: number
  warmUpMs: number
  shiftableClocks: boolean
  smallDisks: boolean
  /** Whether the product's watchdog runs on every data host. */
  watchdogs: boolean
  promises: Promises
}
