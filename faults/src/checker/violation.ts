import type { Call } from '../history/calls.ts'

/** The rules of the checker, by the promise that each stands for. */
export type RuleName =
  /** S1: an acknowledged login is lost. */
  | 'S1-lost-login'
  /** S2: an acknowledged revocation is undone, or a token is accepted later than L after it. */
  | 'S2-undone-revocation'
  /** S2: a rotation gave a session back that "end all my sessions" had ended. */
  | 'S2-kept-by-rotation'
  /** S2: a token that was once called revoked is active again. */
  | 'S2-active-again'
  /** S3: active for a token that was never issued, not yet issued, or is somebody else's. */
  | 'S3-never-issued'
  /** S3: active after the latest end that the token can have. */
  | 'S3-outlived'
  /** S3: a session in use could not be kept, because its touch was refused for memory. */
  | 'S3-refused-touch'
  /** An acknowledged update of a session's claims is gone. */
  | 'lost-update'
  /** S1, S2: after healing, the nodes and the API do not agree, or not with the history. */
  | 'final-disagreement'

export interface Violation {
  rule: RuleName
  token: string
  /** What is wrong, in one sentence. */
  message: string
  /** The calls that show it. */
  calls: Call[]
}
