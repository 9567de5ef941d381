export type DrillErrorCode =
  /** The data centre is not healthy before the drill, so that a fault would be a second one. */
  | 'NOT_WHOLE'
  /** The drill's users could not log in before the fault. */
  | 'LOGIN_REFUSED'
  /** A file of objectives cannot be read, or is not valid. */
  | 'OBJECTIVES_INVALID'
  /** The drill was interrupted on request; its fault is undone and its users are removed. */
  | 'DRILL_ABORTED'

/** A drill that could not run, or not to its end. The findings of a drill are in its report. */
export class DrillError extends Error {
  readonly code: DrillErrorCode

  constructor(code: DrillErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DrillError'
    this.code = code
  }
}

/** Whether this error ends a series of drills with a report. An interrupt, and a wrong option, end it without one. */
export function endsSeries(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return !['DRILL_ABORTED', 'INVALID_OPTION'].includes(String(error.code))
}
