export { type DoctorReport, type ExamineOptions, examine } from './examine.ts'
export type { Diagnosis, Fix, Severity } from './finding.ts'
export {
  examineAndFix as heal,
  type FixOutcome as MendOutcome,
  type FixReport as HealReport,
  fixFindings as mend,
} from './fix.ts'
export type { Origin } from './origin.ts'
export type { Unexamined } from './unexamined.ts'
