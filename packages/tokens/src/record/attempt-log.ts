/** One attempt, as it is counted. `id` names it, so that counting it again does nothing. */
export interface LoggedAttempt {
  /** Unix time (in milliseconds). */
  atMs: number
  id: string
}

/** How many attempts there may be. */
export interface AttemptBounds {
  /** Most within any `windowMs`. */
  limit: number
  windowMs: number
  /** With so many in the window, the next must come `pauseMs` after the last, with one more twice that, and so on. */
  pauseAfter: number
  pauseMs: number
}

/**
 * How long until one more attempt may be made (in milliseconds); 0 when it may be made now. Where the limit makes wait
 * until an attempt is out of the window, the pause after those that are left may be longer still.
 */
export function waitMs(log: readonly LoggedAttempt[], bounds: AttemptBounds, nowMs: number): number {
  const wait = nextWaitMs(log, bounds, nowMs)
  if (wait === 0) return 0
  const laterMs = nowMs + wait
  return wait + waitMs(sinceMs(log, laterMs - bounds.windowMs), bounds, laterMs)
}

/** What makes wait now, alone. */
function nextWaitMs(log: readonly LoggedAttempt[], bounds: AttemptBounds, nowMs: number): number {
  const { limit, windowMs, pauseAfter, pauseMs } = bounds
  const blocking = log[log.length - limit]
  if (blocking !== undefined) return Math.max(1, blocking.atMs + windowMs - nowMs)
  const last = log.at(-1)
  if (last === undefined || log.length < pauseAfter) return 0
  const pause = Math.min(windowMs, pauseMs * 2 ** (log.length - pauseAfter))
  return Math.max(0, last.atMs + pause - nowMs)
}

/** The log with one more attempt. Servers' clocks differ: it is never counted as older than the one before. */
export function withAttempt(log: readonly LoggedAttempt[], id: string, nowMs: number): LoggedAttempt[] {
  return [...log, { atMs: Math.max(nowMs, log.at(-1)?.atMs ?? 0), id }]
}

/** What still counts. */
export function sinceMs(log: readonly LoggedAttempt[], timeMs: number): LoggedAttempt[] {
  return log.filter(({ atMs }) => atMs > timeMs)
}

/**
 * The log without an attempt, and without those before it when `older` are given back, too. Of an attempt that is not
 * there nothing is known, so nothing goes: a repeated or late call never takes what came after it.
 */
export function withoutAttempt(log: readonly LoggedAttempt[], id: string, older: boolean): LoggedAttempt[] {
  const place = log.findIndex((attempt) => attempt.id === id)
  if (place < 0) return [...log]
  return log.filter((_, index) => (older ? index > place : index !== place))
}
