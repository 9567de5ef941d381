import { kindOf } from '../faults/catalogue.ts'
import type { RehearsedFault } from './list.ts'

/** What a drill takes besides its load, with logins of 200 users on two cores (in milliseconds). */
const AROUND_MS = 5000
const LOGIN_MS = 25
/** What a fault that lasts may do when it ends, and a failover that begins late. */
const AFTER_END_MS = 3000
/** A Sentinel that was paused for longer than this sits still for half a minute. */
const TILT_AFTER_MS = 2000
const TILT_MS = 32_000

/** About how long a fault takes with all that is around it (in milliseconds). Pure. */
export function estimateMs(
  { fault, lastsMs }: RehearsedFault,
  { users, warmUpMs, afterFaultMs }: { users: number; warmUpMs: number; afterFaultMs: number },
): number {
  const lasts = lastsMs ?? kindOf(fault).lastsMs ?? 0
  const isTilted = fault.action === 'pause' && fault.target === 'sentinel' && lasts > TILT_AFTER_MS
  return (
    AROUND_MS +
    users * LOGIN_MS +
    warmUpMs +
    Math.max(afterFaultMs, lasts > 0 ? lasts + AFTER_END_MS : 0) +
    (isTilted ? TILT_MS : 0)
  )
}
