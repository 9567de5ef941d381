export * from './doctor/index.ts'
export * from './drill/index.ts'
export { ClusterError, type ClusterErrorCode } from './errors.ts'
export { type ControlClient, connectControl } from './operate/control-client.ts'
export type { NewUser } from './operate/prepare.ts'
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
export { type DataCentreDescription, DEMO_USER } from './state/description.ts'
export { defaultStateDir, StateFolder } from './state/folder.ts'
export type { ControlSignal, ControlStatus } from './supervise/control-protocol.ts'
export type { ProcessState, ProcessStatus } from './supervise/managed-process.ts'
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
