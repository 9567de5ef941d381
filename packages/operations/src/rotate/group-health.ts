import { INCOMPLETE, type ReasonCode, unhealthyReason } from '@holdfast/agent/group/health'
import { type GroupClients, takeSnapshot } from '@holdfast/agent/group/snapshot'

/**
 * A rotation reconnects or restarts one process while the others do the work: so every process must take part, and a
 * failover must be possible. A lag or a rewrite of the append-only file does no harm, because no Redis restarts.
 */
const ROTATABLE: readonly ReasonCode[] = [...INCOMPLETE, 'replicas-unknown', 'sentinels-unknown', 'no-quorum']

/** A data centre whose certificates have expired cannot be healthier: its processes no longer connect to each other. */
const REPAIRABLE: readonly ReasonCode[] = ['redis-unreachable', 'sentinel-unreachable', 'failover-under-way']

const UNREACHABLE: readonly ReasonCode[] = ['redis-unreachable', 'sentinel-unreachable']

const reasonNow =
  (codes: readonly ReasonCode[]) =>
  async (group: GroupClients): Promise<string | null> =>
    unhealthyReason(await takeSnapshot(group), group, codes)

/** Why no rotation may change the next process now; null when it may. */
export const whyNotRotatable = reasonNow(ROTATABLE)

/** Why not even expired certificates may be replaced now; null when they may. */
export const whyNotRepairable = reasonNow(REPAIRABLE)

/** Why a process cannot be asked now; null when all answer. */
export const whyUnreachable = reasonNow(UNREACHABLE)
