import type { RunPlan } from '../schedule/plan.ts'
import type { RunRecord } from './result.ts'

/** The only line that the process of a run reads. */
export interface RunOrder {
  plan: RunPlan
  folder: string
  clockShim: string
}

/** The lines that the process of a run prints. */
export type RunMessage =
  | { type: 'stage'; stage: string }
  | { type: 'done'; record: RunRecord }
  | { type: 'broken'; message: string }
