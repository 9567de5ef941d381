import { INCOMPLETE, primaryOf, type ReasonCode, unhealthyReason } from '@holdfast/agent/group/health'
import { formatAddress } from '@holdfast/tokens/redis'
import type { Fix } from '../finding.ts'
import { failoverIsUnderWay, hostNames, withChangedPriority } from '../group-state.ts'
import type { Snapshot } from '../snapshot.ts'
import { objectionToSettings } from './settings.ts'
import { objectionToPassword, objectionToUser } from './users.ts'

/** Why a fix would do harm now, also if a person applied it by hand; null if it would not. Pure. INV-OPERATIONS-22. */
export function objectionTo(fix: Fix, snapshot: Snapshot): string | null {
  // The fault of a drill may be the reason that a failover does not end. A file mode touches no process.
  if (fix.kind === 'undo-drill' || fix.kind === 'mode') return null
  if (failoverIsUnderWay(snapshot)) return 'A failover is under way. Wait until it has ended.'
  switch (fix.kind) {
    case 'settings':
      return objectionToSettings(fix, snapshot)
    case 'user':
      return duringRotation(snapshot) ?? objectionToUser(fix, snapshot)
    case 'replica-password':
      return duringRotation(snapshot) ?? objectionToPassword('replica', formatAddress(fix.address), snapshot)
    case 'peer-password':
      return duringRotation(snapshot) ?? objectionToPassword('peer', formatAddress(fix.address), snapshot)
    case 'reset-sentinels':
      return objectionToReset(snapshot)
    case 'end-pause':
      // A switchover changes a priority before it pauses writes. The pause of a killed switchover ends by itself.
      return withChangedPriority(snapshot).length > 0
        ? 'A switchover may be under way, and its pause ends by itself within seconds.'
        : null
    case 'watch':
    case 'rewrite-aof':
    case 'rotation':
      return null
  }
}

const duringRotation = ({ rotations }: Snapshot): string | null =>
  rotations.passwords === null ? null : 'A rotation of passwords has not finished. Wait until it has.'

/** What each Sentinel knows of the others does not count: a reset corrects it. */
const RESETTABLE: readonly ReasonCode[] = [...INCOMPLETE, 'primary-marked-down']

/** A Sentinel that has forgotten its replicas can promote none, so the group must be healthy during a reset. Pure. */
export function objectionToReset(snapshot: Snapshot): string | null {
  if (hostNames(snapshot).length > 0)
    return 'The Sentinels know processes by host names that are not in the plan.'
  const unhealthy = unhealthyReason(snapshot, snapshot, RESETTABLE)
  if (unhealthy !== null) return unhealthy
  const stray = primaryOf(snapshot)?.facts.replication.replicas.find(
    ({ address }) => !snapshot.redis.some(({ at }) => at === address),
  )
  if (stray !== undefined)
    return `${stray.address} still follows the primary, so the Sentinels would discover it again: stop it first.`
  return null
}
