import type { Keyring } from '@holdfast/tokens'
import type { ApplicationLogin } from '../data-centre/names.ts'
import type { SystemName } from '../systems/system.ts'

/** What writers do, by weight. */
export interface OperationMix {
  issue: number
  touch: number
  update: number
  rotate: number
  revoke: number
  'revoke-subject': number
  list: number
}

/** The workload of one application server. */
export interface Workload {
  /** Verifications a second. */
  verificationsPerSecond: number
  /** Everything else a second, while nothing has to wait. */
  writesPerSecond: number
  /** How many of each may be under way at once. */
  verifiers: number
  writers: number
  mix: OperationMix
  /** How many users there are. */
  subjects: number
  /** The share of logins with a short idle lifetime, and that lifetime. */
  shortLivedShare: number
  shortIdleMs: number
}

/** The first line that a worker reads. */
export interface WorkerSettings {
  name: string
  seed: number
  system: SystemName
  keyring: Keyring
  login: ApplicationLogin
  idleMs: number
  leaseMs: number
  workload: Workload
  /** Where it writes its history. */
  historyFile: string
}

/** What the campaign tells a worker afterwards, one JSON value a line. */
export type ToWorker =
  | { type: 'token'; token: string; subject: string; idleMs: number | null }
  | { type: 'ended'; id: string }
  | { type: 'renew'; login: ApplicationLogin }
  | { type: 'stop' }

/** What a worker tells the campaign. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'token'; token: string; subject: string; idleMs: number | null }
  | { type: 'ended'; id: string }
  /** Its event loop stood still: this machine, and not the system under test, kept its users waiting. */
  | { type: 'stalled'; atMs: number; forMs: number }
  /** It uses the passwords that it was given last, or why not. */
  | { type: 'renewed'; problem: string | null }
  | { type: 'event'; atMs: number; event: string }
  | { type: 'stopped' }
