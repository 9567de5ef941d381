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
  check: (snapshot: Snapshot) => Sighting[]
}

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

/** A mend that can do no harm. It holds no password: those are filled in when it is done. */
export type Fix =
  | { kind: 'commands'; on: 'redis' | 'sentinel'; address: NodeAddress; commands: string[][] }
  | { kind: 'replica-password'; address: NodeAddress }
  | { kind: 'peer-password'; address: NodeAddress }
  | { kind: 'user'; on: 'redis' | 'sentinel'; address: NodeAddress; user: string }
  | { kind: 'mode'; path: string; mode: number }
  | { kind: 'reset-sentinels' }
  | { kind: 'undo-drill' }
  | { kind: 'rotation' }

/** A sighting, with what its check says of it. */
export interface Diagnosis extends Sighting {
  check: string
  severity: Severity
  title: string
  why: string
}
