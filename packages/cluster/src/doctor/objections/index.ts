import { formatAddress } from '@holdfast/tokens/redis'
import { priorityChanged } from '../checks/priority-changed.ts'
import type { Fix } from '../finding.ts'
import { failoverIsUnderWay, type Snapshot } from '../snapshot.ts'
import { whyNotReset } from './reset.ts'
import { whyNotSet } from './settings.ts'
import { whyNotLogInSo, whyNotMakeUser } from './users.ts'

/**
 * Why a fix, or what a person would do in its place, would do harm as things are now; null when it would not. Pure.
 * INV-OPERATIONS-22.
 */
export function whyNotNow(fix: Fix, snapshot: Snapshot): string | null {
  // What was broken on purpose may be why a failover does not end; a mode touches no process.
  if (fix.kind === 'undo-drill' || fix.kind === 'mode') return null
  if (failoverIsUnderWay(snapshot)) return 'A failover is under way. Wait until it has ended.'
  switch (fix.kind) {
    case 'settings':
      return whyNotSet(fix, snapshot)
    case 'user':
      return duringRotation(snapshot) ?? whyNotMakeUser(fix, snapshot)
    case 'replica-password':
      return duringRotation(snapshot) ?? whyNotLogInSo('replica', formatAddress(fix.address), snapshot)
    case 'peer-password':
      return duringRotation(snapshot) ?? whyNotLogInSo('peer', formatAddress(fix.address), snapshot)
    case 'reset-sentinels':
      return whyNotReset(snapshot)
    case 'end-pause':
      // A switchover prefers a replica before it lets writes wait; a dead one's pause ends by itself.
      return priorityChanged.check(snapshot).length > 0
        ? 'A switchover may be under way, and its pause ends by itself within seconds.'
        : null
    case 'watch':
    case 'rewrite-aof':
    case 'rotation':
      return null
  }
}

const duringRotation = ({ rotations }: Snapshot): string | null =>
  rotations.passwords === null ? null : 'A rotation of passwords has not ended. Wait until it has.'
