/** Follows changes of files, for programs that take new secrets while they run. */
export { ConfigChangeSignal } from './config/change-signal.ts'
export { followChanges } from './config/follow-changes.ts'
export { versionsOf } from './files/version.ts'
