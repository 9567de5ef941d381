import { InvalidOptionError } from '@holdfast/tokens'
import { kindOf } from './faults/catalogue.ts'
import type { DrillFault, FaultKind } from './faults/plan.ts'
import type { ObjectivesFile } from './objectives/objectives.ts'

/** Edits the gateways' users file: the drill's users are made before it and removed after it. */
export interface DrillAccounts {
  add(file: string, names: readonly string[], password: string): Promise<unknown>
  remove(file: string, which: (name: string) => boolean): Promise<unknown>
}

export interface DrillOptions {
  /** The state folder of the running data centre. */
  stateDir: string
  accounts: DrillAccounts
  /** What the report calls the fault. Default is that of the rehearsal's list, such as `kill-primary`. */
  id?: string
  /** Default is `{ action: 'kill', target: 'primary' }`. */
  fault?: DrillFault
  /** How many users log in before the fault, 1 to 5000. Default is 200. */
  users?: number
  /** Verifications a second, 1 to 2000. Default is 300. */
  requestsPerSecond?: number
  /** New logins a second while the fault is on, 1 to 50. Default is 3. */
  loginsPerSecond?: number
  /**
   * How long the fault lasts while users work (in milliseconds, 100 to 120,000). Default is what the catalogue says of
   * it. A lost host comes back after that; by default only when sessions have been looked up without it.
   */
  lastsMs?: number
  /** Load before the fault (in milliseconds, 500 to 600,000). Default is 2000. */
  warmUpMs?: number
  /** Least load after the fault (in milliseconds, 1000 to 600,000). Default is 5000. */
  afterFaultMs?: number
  onProgress?: (progress: DrillProgress) => void
  /** What must hold. Default is {@link defaultObjectives} for the data centre's timings. */
  objectives?: ObjectivesFile
  /** Ends the drill: the fault is undone and the drill's users are removed. */
  signal?: AbortSignal
}

export interface DrillProgress {
  phase: 'prepare' | 'log-in' | 'warm-up' | 'fault' | 'audit' | 'recover'
  /** Something that happened just now, in one sentence; null for a mere count. */
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
}

export interface DrillSettings {
  fault: DrillFault
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
    users: whole('users', options.users ?? 200, 1, 5000),
    requestsPerSecond: whole('requestsPerSecond', options.requestsPerSecond ?? 300, 1, 2000),
    loginsPerSecond: whole('loginsPerSecond', options.loginsPerSecond ?? 3, 1, 50),
    lastsMs: options.lastsMs === undefined ? kind.lastsMs : lasting(options.lastsMs, kind),
    warmUpMs: whole('warmUpMs', options.warmUpMs ?? 2000, 500, 600_000),
    afterFaultMs: whole('afterFaultMs', options.afterFaultMs ?? 5000, 1000, 600_000),
  }
}

function lasting(lastsMs: number, { action, mostMs }: FaultKind): number {
  if (mostMs > 0) return whole('lastsMs', lastsMs, 100, mostMs)
  throw new InvalidOptionError(`\`lastsMs\` cannot be chosen for ${action}, got ${lastsMs}.`)
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new InvalidOptionError(`\`${name}\` must be a whole number from ${least} to ${most}, got ${value}.`)
}
