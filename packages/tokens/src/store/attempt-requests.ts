import type { AttemptBounds } from '../record/attempt-log.ts'

/** An attempt to count against all of some limits, or against none. */
export interface TakeRequest {
  /** Names the attempt: counted once, however often it is sent. */
  id: string
  /** Unix time (in milliseconds). */
  nowMs: number
  limits: readonly (AttemptBounds & { key: string })[]
}

export type Taken =
  | { allowed: true }
  /** `limit` is the place of the one that makes it wait longest. */
  | { allowed: false; limit: number; retryAfterMs: number }

/** An attempt that is not to count any more; where `older`, neither are those before it. */
export interface GiveBackRequest {
  id: string
  logs: readonly { key: string; older: boolean }[]
}
