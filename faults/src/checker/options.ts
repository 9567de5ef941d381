/** The settings of a run that the checker needs besides the history. */
export interface CheckerOptions {
  /** L: how long after an acknowledged revocation a server may still answer *active* (in milliseconds). */
  leaseMs: number
  /** The idle lifetime of a session whose issue or touch did not request one (in milliseconds). */
  defaultIdleMs: number
  /** The largest difference between the clocks of two servers (in milliseconds). */
  clockErrorMs: number
}
