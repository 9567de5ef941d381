export { type CheckedSite, checkSiteFile, checkSiteText, loadSite } from './check/check-site.ts'
export { excerptOf } from './check/excerpt.ts'
export { sarifOf } from './check/sarif.ts'
export * from './doctor/index.ts'
export * from './drill/index.ts'
export { ClusterError, type ClusterErrorCode } from './errors.ts'
export { type BackupOptions, type BackupReport, backup } from './operate/backup/backup.ts'
export type { BackupKey, BackupLock } from './operate/backup/encryption.ts'
export {
  type RestoreOptions,
  type RestoreProgress,
  type RestoreReport,
  restore,
} from './operate/backup/restore.ts'
export { type ControlClient, connectControl } from './operate/control-client.ts'
export type { NewUser } from './operate/prepare.ts'
export {
  type RevokeReport,
  type RevokeSessionsOptions,
  revokeSessions,
  type SessionChoice,
} from './operate/sessions/revoke.ts'
export {
  type FoundSession,
  type ListSessionsOptions,
  listSessions,
  type SessionList,
  showSession,
} from './operate/sessions/sessions.ts'
export {
  type MissingCertificate,
  readSiteCertificates,
  type SiteCertificates,
} from './operate/site-certificates.ts'
export {
  type RunningDataCentre,
  type StartOptions,
  type StartProgress,
  type StartStep,
  startDataCentre,
} from './operate/start.ts'
export { type DataCentreStatus, getStatus, type RedisStatus, type SentinelStatus } from './operate/status.ts'
export { type StopOptions, type StopReport, stopDataCentre } from './operate/stop.ts'
export {
  SWITCHOVER_STEPS,
  type SwitchoverOptions,
  type SwitchoverProgress,
  type SwitchoverReport,
  type SwitchoverStep,
  switchover,
} from './operate/switchover/switchover.ts'
export { writeRendered } from './operate/write-rendered.ts'
export { type Explanation, explainFile } from './render/explain-file.ts'
export { filesOfHost, type RenderedFile, renderSite } from './render/render-site.ts'
export { explainRule } from './rules/explain.ts'
export type { RuleText, Source } from './rules/rule.ts'
export { loadSecrets } from './secrets/load.ts'
export type { Secrets } from './secrets/secrets.ts'
export { composeSite, type NewDataCentre, type NewSite } from './site/compose.ts'
export type { Finding, Path, Position, Severity } from './site/finding.ts'
export { ENGINES, TRANSPORTS } from './site/schema.ts'
export type * from './site/site.ts'
export { type WrittenSite, writeSite } from './site/write-site.ts'
export { type DataCentreDescription, DEMO_USER } from './state/description.ts'
export { defaultStateDir, StateFolder } from './state/folder.ts'
export type { ControlSignal, ControlStatus } from './supervise/control-protocol.ts'
export type { ProcessState, ProcessStatus } from './supervise/managed-process.ts'
export { type LocalSiteOptions, localTopologies } from './topology/local-site.ts'
export { resolveTopology, type TopologyOptions } from './topology/resolve.ts'
export {
  type DataHost,
  redisAddress,
  sentinelAddress,
  TIMINGS,
  type Timings,
  type TimingsName,
  type Topology,
} from './topology/topology.ts'
