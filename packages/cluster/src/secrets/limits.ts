/** When secrets are due for a rotation: `status` and `doctor` say so. */
export interface RotationLimits {
  /** How old passwords of users of Redis and Sentinel may be (in days). */
  usersDays: number
  /** How old the current key of the key ring may be (in days). */
  keyringDays: number
  /** How many days a certificate must last yet. */
  certificateDaysLeft: number
}

/** What holds unless the file of a site says otherwise. */
export const ROTATION_LIMITS: RotationLimits = { usersDays: 90, keyringDays: 90, certificateDaysLeft: 30 }
