import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Snapshot } from './snapshot.ts'

/** `error`: logins are refused, lost or at risk now, or with the next fault. `info`: nothing is wrong. */
export type Severity = 'error' | 'warning' | 'info'

/** One problem that the doctor looks for. The check is pure. */
export interface Check {
  /** Stable, for scripts: `two-primaries`. */
  id: string
  severity: Severity
  /** The problem, in a few words. */
  title: string
  /** The harm that it does, in a sentence or two. */
  why: string
  /** The parts of a snapshot that the check needs. If one is missing, the check is reported as not examined, never as passed. */
  needs: readonly Need[]
  check: (snapshot: Snapshot) => CheckResult[]
}

/**
 * What a check needs: an answer of every Redis, of every Sentinel, or of the supervisor; each certificate that a process
 * presents; each login that is tried; addresses (not host names) by which processes know each other. A check that needs
 * `this machine` reads its processes and files, and is left out for other machines, as is one that needs `a proxy here`.
 */
export type Need =
  | 'redis'
  | 'sentinels'
  | 'supervisor'
  | 'certificates'
  | 'logins'
  | 'addresses'
  | 'this machine'
  | 'a proxy here'

/** One place where a check found its problem. */
export interface CheckResult {
  /** The process, the file, or `the group`. */
  subject: string
  /** What was observed. */
  evidence: string
  /** How a person fixes it: sentences, and commands that can be copied, each on a line of its own. */
  advice: string
  /** How `--fix` fixes it; absent if that needs a person. */
  fix?: Fix
}

/**
 * A fix that needs no person. It is applied only if it does no harm at that moment (`objections/`). It holds no password:
 * passwords are filled in when it is applied.
 */
export type Fix =
  | SettingsFix
  | UserFix
  | { kind: 'watch'; address: NodeAddress; command: string[] }
  | { kind: 'rewrite-aof'; address: NodeAddress }
  | { kind: 'end-pause'; address: NodeAddress }
  | { kind: 'replica-password'; address: NodeAddress }
  | { kind: 'peer-password'; address: NodeAddress }
  | { kind: 'mode'; path: string; mode: number }
  | { kind: 'reset-sentinels' }
  | { kind: 'undo-drill' }
  | { kind: 'rotation' }

/** Sets directives of a Redis, also in its file. */
export interface SettingsFix {
  kind: 'settings'
  address: NodeAddress
  directives: Readonly<Record<string, string>>
}

/** Sets a user up as planned, also in its file. */
export interface UserFix {
  kind: 'user'
  on: 'redis' | 'sentinel'
  address: NodeAddress
  user: string
}

/** A finding of the report: the result of a check, and what the check says about it. */
export interface Diagnosis extends Omit<CheckResult, 'advice'> {
  check: string
  severity: Severity
  title: string
  why: string
  /** The advice of the check. Scripts read it from `--json` by this name. */
  mend: string
  /** Why the fix, and the commands of the advice, would do harm now. Absent if they would not, or if there is no fix. */
  notNow?: string
}
