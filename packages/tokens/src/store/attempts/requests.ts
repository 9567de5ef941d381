import type { Deadline } from '../../deadline.ts'
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

/** Where attempts are counted. */
export interface AttemptBackend {
  /**
   * Resolves when the clock can be trusted. Throws `STORE_UNAVAILABLE`: immediately if the clock is wrong,
   * otherwise at the deadline.
   */
  requireClock(deadline: Deadline): Promise<void>

  /**
   * Counts an attempt against all its limits, or against none. Throws `STORE_UNAVAILABLE` if it was not acknowledged
   * before the deadline, and `STORE_OVERLOADED` or `STORE_FULL` if nothing was written.
   */
  take(request: TakeRequest, deadline: Deadline): Promise<Taken>

  /** Removes an attempt from logs. Throws as {@link take}. */
  giveBack(request: GiveBackRequest, deadline: Deadline): Promise<void>
}
