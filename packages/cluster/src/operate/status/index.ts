export type { DataCentreStatus } from './facts.ts'
export { getStatus, openStatus } from './status.ts'
