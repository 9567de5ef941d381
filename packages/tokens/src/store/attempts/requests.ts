import type { AttemptBounds } from '../../record/attempt-log.ts'

/** An attempt to count against all of these limits, or against none. */
export interface TakeRequest {
  /** The id of the attempt. It is counted once, no matter how often it is sent. */
  id: string
  /** Unix time (in milliseconds). */
  nowMs: number
  limits: readonly (AttemptBounds & { key: string })[]
}

export type Taken =
  | { allowed: true }
  /** `limit` is the index of the limit with the longest wait. */
  | { allowed: false; limit: number; retryAfterMs: number }

/** An attempt that must not count any more. If `older` is set, the attempts before it do not count either. */
export interface GiveBackRequest {
  id: string
  logs: readonly { key: string; older: boolean }[]
}
