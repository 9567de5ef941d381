import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Snapshot } from './snapshot.ts'

/** `error`: logins are refused, lost or at risk now, or with the next fault. `info`: nothing is wrong. */
export type Severity = 'error' | 'warning' | 'info'

/** One thing that the doctor looks for. The check is pure. */
export interface Check {
  /** Stable, for scripts: `two-primaries`. */
  id: string
  severity: Severity
  /** What is wrong, in a few words. */
  title: string
  /** What it leads to, in a sentence or two. */
  why: string
  /** What must have been seen for its answer to count: where that is missing it is not examined, never well. */
  needs: readonly Need[]
  check: (snapshot: Snapshot) => Sighting[]
}

/**
 * What a check looks at: every Redis, every Sentinel, what the supervisor says, each certificate that is shown, each login that is tried; addresses by
 * which processes know each other; or processes and files of this machine, without which it is not made at all.
 */
export type Need =
  | 'redis'
  | 'sentinels'
  | 'supervisor'
  | 'certificates'
  | 'logins'
  | 'addresses'
  | 'this machine'

/** Where a check found something. */
export interface Sighting {
  /** The process, the file, or `the group`. */
  subject: string
  /** What was seen. */
  evidence: string
  /** What mends it: sentences, and commands that can be copied, each on a line of its own. */
  mend: string
  /** How `--fix` mends it; none when that needs a person. */
  fix?: Fix
}

/**
 * A mend that needs no person, and is done only where it would do no harm then (`objections/`). It holds no password: those
 * are filled in when it is done.
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

/** Directives of a Redis, in its file too. */
export interface SettingsFix {
  kind: 'settings'
  address: NodeAddress
  directives: Readonly<Record<string, string>>
}

/** A user that is made as planned, in its file too. */
export interface UserFix {
  kind: 'user'
  on: 'redis' | 'sentinel'
  address: NodeAddress
  user: string
}

/** A sighting, with what its check says of it. */
export interface Diagnosis extends Sighting {
  /** Why its fix, and the commands of its mend, would do harm now. Absent: they would not, or there is no fix. */
  notNow?: string
  check: string
  severity: Severity
  title: string
  why: string
}
