export { isDrillUser, runDrill } from './drill.ts'
export type { DrillEnvironment } from './environment.ts'
export { DrillError, type DrillErrorCode } from './errors.ts'
export { FAULTS } from './faults/catalogue.ts'
export type { DrillFault, EndedConnections, FaultAction, FaultTarget } from './faults/plan.ts'
export { targetsOf } from './faults/targets.ts'
export type { Failure } from './load-metrics.ts'
export type { OperationReport } from './measured.ts'
export { missedText, type ObjectiveResult, type ObjectivesFile } from './objectives/objectives.ts'
export { readDrillObjectives } from './objectives/read.ts'
export type { DrillAccounts, DrillOptions, DrillProgress } from './options.ts'
export { REHEARSED_IDS } from './rehearsal/list.ts'
export {
  type RehearsalOptions,
  type RehearsalPlace,
  type RehearsalPlan,
  type RehearsalReport,
  rehearse,
} from './rehearsal/rehearse.ts'
export {
  type RepeatReport,
  type RepeatSummary,
  repeatDrill,
  type Spread,
  summarizeDrills,
} from './rehearsal/repeat.ts'
export type { DrillReport } from './report.ts'
export type { LoginWait, Moment, TimelineEvent, TimelineReport } from './timeline.ts'
