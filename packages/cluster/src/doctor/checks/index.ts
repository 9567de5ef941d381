import type { Check } from '../finding.ts'
import { aclDenials } from './acl-denials.ts'
import { aofCutShort } from './aof-cut-short.ts'
import { aofFailing } from './aof-failing.ts'
import { backlogAboveBufferLimit } from './backlog-above-buffer-limit.ts'
import { certificateEnded } from './certificate-ended.ts'
import { certificateEndsSoon } from './certificate-ends-soon.ts'
import { certificateRotationUnfinished } from './certificate-rotation-unfinished.ts'
import { clockSkew } from './clock-skew.ts'
import { configNotWritable } from './config-not-writable.ts'
import { dataLost } from './data-lost.ts'
import { defaultUserOn } from './default-user-on.ts'
import { defaultUserWithoutRights } from './default-user-without-rights.ts'
import { drillLeftBehind } from './drill-left-behind.ts'
import { evictionPolicy } from './eviction-policy.ts'
import { failoverSlowerThanClientsWait } from './failover-slower-than-clients-wait.ts'
import { failoverUnderWay } from './failover-under-way.ts'
import { forcedFailover } from './forced-failover.ts'
import { foreignMark } from './foreign-mark.ts'
import { gatewayDown } from './gateway-down.ts'
import { keyringRotationUnfinished } from './keyring-rotation-unfinished.ts'
import { keyringRotationWaits } from './keyring-rotation-waits.ts'
import { memoryLimitDrifted } from './memory-limit-drifted.ts'
import { memoryNearlyFull } from './memory-nearly-full.ts'
import { minReplicasOff } from './min-replicas-off.ts'
import { monitoringDenied } from './monitoring-denied.ts'
import { namesMixedWithAddresses } from './names-mixed-with-addresses.ts'
import { noMemoryLimit } from './no-memory-limit.ts'
import { noPersistence } from './no-persistence.ts'
import { noPrimary } from './no-primary.ts'
import { noQuorum } from './no-quorum.ts'
import { nodeDown } from './node-down.ts'
import { priorityChanged } from './priority-changed.ts'
import { priorityZero } from './priority-zero.ts'
import { processHeld } from './process-held.ts'
import { processRestarting } from './process-restarting.ts'
import { quorumNotMajority } from './quorum-not-majority.ts'
import { replicaBehind } from './replica-behind.ts'
import { replicaLinkDown } from './replica-link-down.ts'
import { replicaOfItself } from './replica-of-itself.ts'
import { rotationUnderWay } from './rotation-under-way.ts'
import { rotationUnfinished } from './rotation-unfinished.ts'
import { secretTooOld } from './secret-too-old.ts'
import { secretsReadable } from './secrets-readable.ts'
import { sentinelCannotReach } from './sentinel-cannot-reach.ts'
import { sentinelDown } from './sentinel-down.ts'
import { sentinelPortZero } from './sentinel-port-zero.ts'
import { sentinelsDisagree } from './sentinels-disagree.ts'
import { serverUnsupported } from './server-unsupported.ts'
import { settingsDrifted } from './settings-drifted.ts'
import { staleReplicasKnown } from './stale-replicas-known.ts'
import { staleSentinelsKnown } from './stale-sentinels-known.ts'
import { supervisorGone } from './supervisor-gone.ts'
import { tilt } from './tilt.ts'
import { timingsDrifted } from './timings-drifted.ts'
import { tooFewReplicasKnown } from './too-few-replicas-known.ts'
import { tooFewSentinelsKnown } from './too-few-sentinels-known.ts'
import { twoPrimaries } from './two-primaries.ts'
import { userMissingOrWidened } from './user-missing-or-widened.ts'
import { writesPaused } from './writes-paused.ts'
import { wrongPassword } from './wrong-password.ts'

/** Everything that the doctor looks for: what is down, who is primary, what is at risk, who may do what. */
export const CHECKS: readonly Check[] = [
  supervisorGone,
  drillLeftBehind,
  nodeDown,
  sentinelDown,
  serverUnsupported,
  gatewayDown,
  processRestarting,
  processHeld,
  twoPrimaries,
  noPrimary,
  dataLost,
  foreignMark,
  replicaOfItself,
  replicaLinkDown,
  replicaBehind,
  writesPaused,
  sentinelsDisagree,
  noQuorum,
  quorumNotMajority,
  tooFewSentinelsKnown,
  tooFewReplicasKnown,
  staleSentinelsKnown,
  staleReplicasKnown,
  sentinelPortZero,
  sentinelCannotReach,
  tilt,
  namesMixedWithAddresses,
  failoverSlowerThanClientsWait,
  timingsDrifted,
  priorityZero,
  priorityChanged,
  noPersistence,
  aofFailing,
  aofCutShort,
  minReplicasOff,
  evictionPolicy,
  noMemoryLimit,
  memoryLimitDrifted,
  memoryNearlyFull,
  backlogAboveBufferLimit,
  settingsDrifted,
  clockSkew,
  wrongPassword,
  defaultUserOn,
  defaultUserWithoutRights,
  userMissingOrWidened,
  aclDenials,
  monitoringDenied,
  configNotWritable,
  secretsReadable,
  secretTooOld,
  certificateEnded,
  certificateEndsSoon,
  rotationUnfinished,
  rotationUnderWay,
  certificateRotationUnfinished,
  keyringRotationUnfinished,
  keyringRotationWaits,
  failoverUnderWay,
  forcedFailover,
]
