export { type DoctorReport, type ExamineOptions, examine } from './examine.ts'
export type { Diagnosis, Fix, Severity } from './finding.ts'
export { type HealReport, heal } from './heal.ts'
export { type MendOptions, type MendOutcome, mend } from './mend.ts'
