import type { Keyring } from '@holdfast/tokens'
import type { ApplicationLogin } from '../data-centre/names.ts'
import type { SystemName } from '../systems/system.ts'

/** The operations of writers, by weight. */
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
  /** Verifications per second. */
  verificationsPerSecond: number
  /** All other operations per second, when they do not have to wait. */
  writesPerSecond: number
  /** The number of verifications and of writes that may run at the same time. */
  verifiers: number
  writers: number
  mix: OperationMix
  /** The number of users. */
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
  /** The names of the application servers with which the run begins. */
  applications: string[]
  /** The file to which the worker writes its history. */
  historyFile: string
}

/** The later messages from the campaign to a worker, one JSON value per line. */
export type ToWorker =
  | { type: 'token'; token: string; subject: string; idleMs: number | null }
  | { type: 'ended'; id: string }
  | { type: 'renew'; login: ApplicationLogin }
  | { type: 'stop' }

/** The messages from a worker to the campaign. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'token'; token: string; subject: string; idleMs: number | null }
  | { type: 'ended'; id: string }
  /** The worker's event loop stalled. This machine, and not the system under test, kept its users waiting. */
  | { type: 'stalled'; atMs: number; forMs: number }
  /** The worker uses the most recent passwords, or reports why it cannot. */
  | { type: 'renewed'; problem: string | null }
  | { type: 'event'; atMs: number; event: string }
  | { type: 'stopped' }
