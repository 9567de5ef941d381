import type { Timings } from '../data-centre/config.ts'
import type { SystemName } from '../systems/system.ts'
import type { Workload } from '../worker/settings.ts'
import type { Promises } from './promise.ts'
import type { ScheduledFault } from './scheduled-fault.ts'

/** All that a run is: the same plan is the same run, but for the moment's chances. */
export interface RunPlan {
  name: string
  /** Which scripted case it plays, or null for the schedule below. */
  scripted: string | null
  schedule: ScheduledFault[]
  seed: number
  system: SystemName
  timings: Timings
  /** How many data hosts there are. */
  nodes: number
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
  /** Whether every Redis starts by the product's guard. */
  guards: boolean
  /** Whether the product's watchdog runs on every data host. */
  watchdogs: boolean
  promises: Promises
}
