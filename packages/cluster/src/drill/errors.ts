export type DrillErrorCode =
  /** The data centre is not whole before the drill, so that a fault would be one too many. */
  | 'NOT_WHOLE'
  /** The drill's users could not log in before the fault. */
  | 'LOGIN_REFUSED'
  /** A file of objectives cannot be read or understood. */
  | 'OBJECTIVES_INVALID'
  /** The drill was broken off on request; its fault is undone and its users are removed. */
  | 'DRILL_ABORTED'

/** A drill that could not be made or did not come to its end. What a drill *found* is in its report. */
export class DrillError extends Error {
  readonly code: DrillErrorCode

  constructor(code: DrillErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DrillError'
    this.code = code
  }
}
