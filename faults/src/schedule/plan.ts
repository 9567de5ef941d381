import type { Timings } from '../data-centre/config.ts'
import type { SystemName } from '../systems/system.ts'
import type { Workload } from '../worker/settings.ts'
import type { Promises } from './promise.ts'
import type { ScheduledFault } from './scheduled-fault.ts'

/** The complete description of a run. Two runs of the same plan differ only in timing. */
export interface RunPlan {
  name: string
  /** The name of the scripted case, or null for the schedule below. */
  scripted: string | null
  schedule: ScheduledFault[]
  seed: number
  system: SystemName
  timings: Timings
  /** The number of data hosts. */
  nodes: number
  workers: number
  workload: Workload
  /** The idle lifetime of a session (in milliseconds). */
  idleMs: number
  leaseMs: number
  /** The largest difference between the clocks of two servers that the faults of this run may cause. */
  clockErrorMs: number
  warmUpMs: number
  shiftableClocks: boolean
  smallDisks: boolean
  /** Whether every Redis starts through the product's guard. */
  guards: boolean
  /** Whether the product's watchdog runs on every data host. */
  watchdogs: boolean
  promises: Promises
}
