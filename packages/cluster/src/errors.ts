/** The stable codes of {@link ClusterError}. */
export type ClusterErrorCode =
  /** A program that a data centre needs is not installed. */
  | 'MISSING_PROGRAM'
  /** An address of the topology does not belong to this machine. */
  | 'ADDRESS_NOT_HERE'
  /** Another program listens on a port of the topology. */
  | 'PORT_IN_USE'
  /** The state folder cannot be made, read or written, or is not Holdfast's. */
  | 'STATE_UNUSABLE'
  /** The state folder belongs to a data centre with another topology. */
  | 'STATE_MISMATCH'
  /** A data centre runs already with this state folder. */
  | 'ALREADY_RUNNING'
  /** No data centre runs with this state folder. */
  | 'NOT_RUNNING'
  /** The data of every Redis is gone, although the data centre held data before. */
  | 'DATA_LOST'
  /** A process did not become ready while the data centre started. */
  | 'START_FAILED'
  /** The start was broken off on request; everything that had been started has ended. */
  | 'START_ABORTED'
  /** The supervisor refused a request on its control socket. */
  | 'CONTROL_REFUSED'
  /** An operation was asked for at a time when it would lose or refuse something; nothing was changed. */
  | 'NOT_SAFE'
  /** A switchover had begun and could not be finished. */
  | 'SWITCHOVER_FAILED'
  /** A switchover was broken off on request, before the promotion. */
  | 'SWITCHOVER_ABORTED'
  /** An examination or its mends were broken off on request; what had been mended stays so. */
  | 'DOCTOR_ABORTED'

/** What goes wrong around a data centre. The message names the thing and says what to do; it never holds a secret. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClusterError'
    this.code = code
  }
}

/** The code of a system error such as `ENOENT`, or an empty text. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
