/** When secrets are due for rotation. `status` and `doctor` report it. */
export interface RotationLimits {
  /** Maximum age of the passwords of Redis and Sentinel users (in days). */
  usersDays: number
  /** Maximum age of the current key in the key ring (in days). */
  keyringDays: number
  /** Minimum number of days for which a certificate must remain valid. */
  certificateDaysLeft: number
}

/** The default limits. */
export const ROTATION_LIMITS: RotationLimits = { usersDays: 90, keyringDays: 90, certificateDaysLeft: 30 }
