/** What the checker must know of a run besides its history. */
export interface CheckerOptions {
  /** L: how long after an acknowledged revocation *active* may still be answered (in milliseconds). */
  leaseMs: number
  /** The idle lifetime of a session that was issued or touched without one (in milliseconds). */
  defaultIdleMs: number
  /** How far apart the clocks of two servers were at the most (in milliseconds). */
  clockErrorMs: number
}
