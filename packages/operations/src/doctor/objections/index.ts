import { formatAddress } from '@holdfast/tokens/redis'
import type { Fix } from '../finding.ts'
import {
  answering,
  dissenters,
  failoverIsUnderWay,
  hostNames,
  primariesOf,
  withChangedPriority,
} from '../group-state.ts'
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

/** A Sentinel that has forgotten its replicas can promote none, so the group must be healthy during a reset. Pure. */
export function objectionToReset(snapshot: Snapshot): string | null {
  const planned = snapshot.topology.dataHosts.length
  if (failoverIsUnderWay(snapshot)) return 'A failover is under way.'
  if (answering(snapshot.sentinels).length < planned) return 'Not all Sentinels answer.'
  if (answering(snapshot.sentinels).some(({ facts }) => facts.findsItDown)) {
    return 'A Sentinel marks the primary as down, so a failover may begin.'
  }
  const [primary, ...more] = primariesOf(snapshot)
  const linked = answering(snapshot.redis).filter(({ facts }) => facts.replication.linkUp)
  if (primary === undefined || more.length > 0 || linked.length < planned - 1) {
    return 'There must be exactly one primary, and every replica must have a link to it.'
  }
  if (hostNames(snapshot).length > 0)
    return 'The Sentinels know processes by host names that are not in the plan.'
  if (dissenters(snapshot).length > 0) return 'Not all Sentinels name the same primary.'
  const stray = primary.facts.replication.replicas.find(
    ({ address }) => !snapshot.redis.some(({ at }) => at === address),
  )
  if (stray !== undefined)
    return `${stray.address} still follows the primary, so the Sentinels would discover it again: stop it first.`
  return null
}
