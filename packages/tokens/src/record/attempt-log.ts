/** One counted attempt. Counting an attempt with the same `id` again does nothing. */
export interface LoggedAttempt {
  /** Unix time (in milliseconds). */
  atMs: number
  id: string
}

/** The limit on attempts. */
export interface AttemptBounds {
  /** Maximum number within any `windowMs`. */
  limit: number
  windowMs: number
  /**
   * The number of attempts in the window after which the next one must wait `pauseMs` after the last one. The wait
   * doubles with each further attempt.
   */
  pauseAfter: number
  pauseMs: number
}

/**
 * Returns how long until one more attempt is allowed (in milliseconds), or 0 if it is allowed now. If the limit
 * requires a wait until an attempt has left the window, the pause after the remaining attempts may be longer still.
 */
export function waitMs(log: readonly LoggedAttempt[], bounds: AttemptBounds, nowMs: number): number {
  const wait = nextWaitMs(log, bounds, nowMs)
  if (wait === 0) return 0
  const laterMs = nowMs + wait
  return wait + waitMs(sinceMs(log, laterMs - bounds.windowMs), bounds, laterMs)
}

/** Returns the wait that the attempts in the log require now, without the attempts that leave the window later. */
function nextWaitMs(log: readonly LoggedAttempt[], bounds: AttemptBounds, nowMs: number): number {
  const { limit, windowMs, pauseAfter, pauseMs } = bounds
  const blocking = log[log.length - limit]
  if (blocking !== undefined) return Math.max(1, blocking.atMs + windowMs - nowMs)
  const last = log.at(-1)
  if (last === undefined || log.length < pauseAfter) return 0
  const pause = Math.min(windowMs, pauseMs * 2 ** (log.length - pauseAfter))
  return Math.max(0, last.atMs + pause - nowMs)
}

/**
 * Returns the log with one more attempt. Because the clocks of servers differ, its time is never earlier than the
 * time of the attempt before it.
 */
export function withAttempt(log: readonly LoggedAttempt[], id: string, nowMs: number): LoggedAttempt[] {
  return [...log, { atMs: Math.max(nowMs, log.at(-1)?.atMs ?? 0), id }]
}

/** Returns the attempts that still count. */
export function sinceMs(log: readonly LoggedAttempt[], timeMs: number): LoggedAttempt[] {
  return log.filter(({ atMs }) => atMs > timeMs)
}

/**
 * Returns the log without an attempt and, if `older` is set, without the attempts before it. If the attempt is not
 * in the log, nothing is removed, so a repeated or late call never removes attempts that came after it.
 */
export function withoutAttempt(log: readonly LoggedAttempt[], id: string, older: boolean): LoggedAttempt[] {
  const place = log.findIndex((attempt) => attempt.id === id)
  if (place < 0) return [...log]
  return log.filter((_, index) => (older ? index > place : index !== place))
}
