export { createRecordStore } from './create-store.ts'
export { listKeyOfRecord } from './inspect.ts'
export type { MergeOutcome, RecordEntry, RecordReading, RecordStore } from './store/session/record-store.ts'
export { RECORD_KEY_PATTERN } from './token/digest.ts'
