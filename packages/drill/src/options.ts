import { InvalidOptionError } from '@holdfast/tokens'
import { kindOf } from './faults/catalogue.ts'
import type { DrillFault, FaultKind } from './faults/plan.ts'
import type { ObjectivesFile } from './objectives/objectives.ts'

/** Edits the users file of the gateways. A drill adds its users before it begins, and removes them at its end. */
interface DrillAccounts {
  add(file: string, names: readonly string[], password: string): Promise<unknown>
  remove(file: string, which: (name: string) => boolean): Promise<unknown>
}

export interface DrillOptions {
  /** The state folder of the running data centre. */
  stateDir: string
  accounts: DrillAccounts
  /** Whether plain Redis clients work beside the users, through the Redis proxy. Default is `false`. */
  redis?: boolean
  /** The fault's id in the report. Default is its id in a rehearsal, such as `kill-primary`. */
  id?: string
  /** Default is `{ action: 'kill', target: 'primary' }`. */
  fault?: DrillFault
  /** How many users log in before the fault, 1 to 5000. Default is 200. */
  users?: number
  /** Verifications per second, 1 to 2000. Default is 300. */
  requestsPerSecond?: number
  /** New logins per second while the load runs, 1 to 50. Default is 3. */
  loginsPerSecond?: number
  /**
   * How long the fault lasts while users work (in milliseconds, 100 to 120,000). Default depends on the kind of fault. A
   * lost host comes back after that time; by default only after the audit of the primary.
   */
  lastsMs?: number
  /** Load before the fault (in milliseconds, 500 to 600,000). Default is 2000. */
  warmUpMs?: number
  /** Minimum duration of the load after the fault (in milliseconds, 1000 to 600,000). Default is 5000. */
  afterFaultMs?: number
  onProgress?: (progress: DrillProgress) => void
  /** The objectives to meet. Default is {@link defaultObjectives} for the data centre's timings. */
  objectives?: ObjectivesFile
  /** Ends the drill: the fault is undone and the drill's users are removed. */
  signal?: AbortSignal
}

export interface DrillProgress {
  phase: 'prepare' | 'log-in' | 'warm-up' | 'fault' | 'audit' | 'recover'
  /** What happened just now, in one sentence; null when only the counts have changed. */
  event: string | null
  elapsedMs: number
  users: number
  loggedIn: number
  requests: number
  failedRequests: number
  loggedOut: number
  waitingLogins: number
  longestVerifyMs: number
  longestLoginMs: number
  /** Commands of plain Redis clients through the proxy; null when there are none. */
  redis: { commands: number; failed: number } | null
}

export interface DrillSettings {
  fault: DrillFault
  redis: boolean
  users: number
  requestsPerSecond: number
  loginsPerSecond: number
  /** As `FaultKind.lastsMs`. */
  lastsMs: number | null
  warmUpMs: number
  afterFaultMs: number
}

/** Fills in the defaults. Throws `INVALID_OPTION` for a value out of bounds. */
export function drillSettings(options: Omit<DrillOptions, 'stateDir' | 'accounts'>): DrillSettings {
  const fault = options.fault ?? { action: 'kill', target: 'primary' }
  const kind = kindOf(fault)
  return {
    fault,
    redis: options.redis ?? false,
    users: wholeNumber('users', options.users ?? 200, 1, 5000),
    requestsPerSecond: wholeNumber('requestsPerSecond', options.requestsPerSecond ?? 300, 1, 2000),
    loginsPerSecond: wholeNumber('loginsPerSecond', options.loginsPerSecond ?? 3, 1, 50),
    lastsMs: options.lastsMs === undefined ? kind.lastsMs : durationOf(options.lastsMs, kind),
    warmUpMs: wholeNumber('warmUpMs', options.warmUpMs ?? 2000, 500, 600_000),
    afterFaultMs: wholeNumber('afterFaultMs', options.afterFaultMs ?? 5000, 1000, 600_000),
  }
}

function durationOf(lastsMs: number, { action, maxMs }: FaultKind): number {
  if (maxMs > 0) return wholeNumber('lastsMs', lastsMs, 100, maxMs)
  throw new InvalidOptionError(`\`lastsMs\` is not supported for ${action}, got ${lastsMs}.`)
}

function wholeNumber(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new InvalidOptionError(`\`${name}\` must be a whole number from ${min} to ${max}, got ${value}.`)
}
