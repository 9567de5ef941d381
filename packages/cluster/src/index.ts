export * from './check/index.ts'
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
export { toCliFlags } from './operate/cli-flags.ts'
export { type ControlClient, connectControl } from './operate/control-client.ts'
export { type Operation, type RunningOperation, runningOperation } from './operate/lock.ts'
export type { DataCentrePlace, LocalPlace } from './operate/open.ts'
export type { SitePlace } from './operate/open-site.ts'
export type { NewUser } from './operate/prepare.ts'
export {
  CERTIFICATE_STEPS,
  type CertificateStep,
  type CertificatesReport,
} from './operate/rotate/certificates/choices.ts'
export {
  planCertificateRotation,
  type RotateCertificatesOptions,
  rotateCertificates,
} from './operate/rotate/certificates/rotate-certificates.ts'
export {
  type HostPlan,
  planSiteCertificates,
  type SitePlan,
} from './operate/rotate/certificates/site-plan.ts'
export type { RotationProgress } from './operate/rotate/engine.ts'
export type { HostDelivery } from './operate/rotate/host-files.ts'
export { KEYRING_STEPS, type KeyringReport, type KeyringStep } from './operate/rotate/keyring/choices.ts'
export {
  planKeyringRotation,
  type RotateKeyringOptions,
  rotateKeyring,
} from './operate/rotate/keyring/rotate-keyring.ts'
export {
  PASSWORD_STEPS,
  type PasswordStep,
  type PasswordsReport,
} from './operate/rotate/passwords/choices.ts'
export {
  planPasswordRotation,
  type RotatePasswordsOptions,
  rotatePasswords,
} from './operate/rotate/passwords/rotate-passwords.ts'
export { type OtherConsumer, PASSWORD_USERS, type PasswordName } from './operate/rotate/passwords/users.ts'
export type {
  UnfinishedCertificateRotation,
  UnfinishedKeyringRotation,
  UnfinishedPasswordRotation,
  UnfinishedRotations,
} from './operate/rotate/unfinished.ts'
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
export type {
  ApplicationSeen,
  DataCentreStatus,
  LastFailover,
  RedisStatus,
  SentinelStatus,
} from './operate/status/facts.ts'
export { getStatus, openStatus, type StatusReader } from './operate/status/status.ts'
export { type StopOptions, type StopReport, stopDataCentre } from './operate/stop.ts'
export {
  SWITCHOVER_STEPS,
  type SwitchoverOptions,
  type SwitchoverProgress,
  type SwitchoverReport,
  type SwitchoverStep,
  switchover,
} from './operate/switchover/switchover.ts'
export {
  type Restarted,
  type UpgradeOptions,
  type UpgradeProgress,
  type UpgradeReport,
  type UpgradeStep,
  upgrade,
} from './operate/upgrade/upgrade.ts'
export { writeRendered } from './operate/write-rendered.ts'
export { engineOf, installedVersion } from './preflight/programs.ts'
export { type Explanation, explainFile } from './render/explain-file.ts'
export { filesOfHost, type RenderedFile, renderSite } from './render/render-site.ts'
export type { SecretAge } from './secrets/ages.ts'
export { loadSecrets } from './secrets/load.ts'
export type { Secrets } from './secrets/secrets.ts'
// The doctor's are the same three words.
export type { Severity } from './site/finding.ts'
export type * from './site/site.ts'
export { type DataCentreDescription, DEMO_USER } from './state/description.ts'
export { defaultStateDir, StateFolder } from './state/folder.ts'
export type { ControlSignal, ControlStatus } from './supervise/control-protocol.ts'
export type { ProcessState, ProcessStatus } from './supervise/managed-process.ts'
export { type LocalSiteOptions, localTopologies } from './topology/local-site.ts'
export { resolveTopology, type TopologyOptions } from './topology/resolve.ts'
export {
  type DataHost,
  LOCAL_TRANSPORTS,
  redisAddress,
  sentinelAddress,
  TIMINGS,
  type Timings,
  type TimingsName,
  type Topology,
} from './topology/topology.ts'
