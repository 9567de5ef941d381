import { FAULTS } from '../faults/catalog.ts'
import type { Fault } from '../faults/fault.ts'
import type { ScheduledFault } from './scheduled-fault.ts'

/** The promises that a run must keep. The exceptions and their reasons are decided here, before the run. */
export interface Promises {
  /** S1, S2, S3. */
  safety: boolean
  /** L1: verifications do not fail on servers that no fault affected. */
  verifications: boolean
  /** L2: logins wait until a failover has ended, and not longer. */
  logins: boolean
  /** The reason why the run does not promise some of them. */
  because: string
}

export const ALL_PROMISES: Promises = { safety: true, verifications: true, logins: true, because: '' }

export const SAFETY_ONLY: Promises = {
  safety: true,
  verifications: false,
  logins: false,
  because: 'More than one host is at fault.',
}

/** The time until the data centre is healthy again after the end of a fault. */
const RECOVERY_MS = 4000

/**
 * These faults hit one host, but Sentinel fails over late (a full disk: after it answers MISCONF to PING) or not at
 * all. Logins wait.
 */
const NO_FAILOVER = new Set(['full-disk', 'host-clock', 'host-clock-drifts', 'sentinel-clock'])

/** If only one of these is active at a time, every user gets an answer. */
export const ONE_HOST = new Set<Fault['scope']>(['one-data-host', 'one-application', 'planned'])

/** The promises of a schedule of faults. */
export function promisesOf(schedule: readonly ScheduledFault[]): Promises {
  const alone = schedule.every((fault) => !schedule.some((other) => other !== fault && overlap(fault, other)))
  const scopes = schedule.map(({ fault }): Fault['scope'] => FAULTS[fault].scope)
  const oneHost = scopes.every((scope) => ONE_HOST.has(scope))
  const losesData = schedule.some(({ fault }) => (FAULTS[fault] as Fault).losesData)
  if (losesData && !alone) {
    // An acknowledged write is on two nodes of three. The journals drop it when all three nodes have it. If one
    // node then loses it, and another fault hides or demotes a second node, no node is certain to have it.
    return {
      safety: false,
      verifications: false,
      logins: false,
      because: 'A node loses its data during another fault.',
    }
  }
  if (!alone || !oneHost) return SAFETY_ONLY
  if (schedule.some(({ fault }) => NO_FAILOVER.has(fault))) {
    return {
      ...ALL_PROMISES,
      logins: false,
      because: 'Sentinel fails over late or not at all, so logins wait.',
    }
  }
  if (schedule.some((fault) => causesTilt(fault) && schedule.some(({ atMs }) => isInTilt(fault, atMs)))) {
    return {
      ...ALL_PROMISES,
      logins: false,
      because: 'A Sentinel is in TILT, so the loss of another Sentinel leaves no majority.',
    }
  }
  return ALL_PROMISES
}

/** A Sentinel that sees its time jump by 2 s does not take part in failovers for 30 s (FACT-28). */
const TILT_TRIGGER_MS = 2000
const TILT_MS = 30_000
const TILTING = new Set(['pause-sentinel', 'pause-host', 'freeze-host'])

function causesTilt({ fault, durationMs }: ScheduledFault): boolean {
  return TILTING.has(fault) && durationMs >= TILT_TRIGGER_MS - 200
}

function isInTilt({ atMs, durationMs }: ScheduledFault, laterMs: number): boolean {
  return laterMs > atMs && laterMs < atMs + durationMs + TILT_MS
}

function overlap(one: ScheduledFault, other: ScheduledFault): boolean {
  const [first, second] = one.atMs <= other.atMs ? [one, other] : [other, one]
  return second.atMs < first.atMs + first.durationMs + RECOVERY_MS
}
