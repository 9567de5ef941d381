import type { Call } from '../history/calls.ts'

/** The rules of the checker, each with the promise that it checks. */
export type RuleName =
  /** S1: an acknowledged login is lost. */
  | 'S1-lost-login'
  /** S2: an acknowledged revocation is undone, or a server accepts a token later than L after the revocation. */
  | 'S2-undone-revocation'
  /** S2: a rotation restored a session that "end all my sessions" had ended. */
  | 'S2-kept-by-rotation'
  /** S2: a server answers *active* after a server has answered *revoked*. */
  | 'S2-active-again'
  /**
   * S3: a server answers *active* for a token that was never issued, is not issued at that time, or belongs to another
   * user.
   */
  | 'S3-never-issued'
  /** S3: a server answers *active* after the latest possible end of the token. */
  | 'S3-active-after-expiry'
  /** S3: a session in use ends, because a server refused its touch for lack of memory. */
  | 'S3-refused-touch'
  /** An acknowledged update of a session's claims is lost. */
  | 'lost-update'
  /** S1, S2: after recovery, the nodes and the API disagree with each other or with the history. */
  | 'final-disagreement'

export interface Violation {
  rule: RuleName
  token: string
  /** Describes the violation in one sentence. */
  message: string
  /** The calls that prove the violation. */
  calls: Call[]
}

/** The settings of a run that the checker needs besides the history. */
export interface CheckerOptions {
  /** L: how long after an acknowledged revocation a server may still answer *active* (in milliseconds). */
  leaseMs: number
  /** The idle lifetime of a session whose issue or touch did not request one (in milliseconds). */
  defaultIdleMs: number
  /** The largest difference between the clocks of two servers (in milliseconds). */
  clockErrorMs: number
}
