import type { RunPlan } from '../schedule/plan.ts'
import type { RunRecord } from './result.ts'

/** The one line that the process of a run reads. */
export interface RunOrder {
  plan: RunPlan
  folder: string
  clockShim: string
}

/** The lines that it prints. */
export type RunMessage =
  | { type: 'stage'; stage: string }
  | { type: 'done'; record: RunRecord }
  | { type: 'broken'; message: string }
