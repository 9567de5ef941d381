import { machineNs } from '@holdfast/testing/clock'

/** The operations that a user's browser, an application or an administrator can request from the login system. */
type LoginOperation =
  | 'issue'
  | 'verify'
  | 'touch'
  | 'update'
  | 'rotate'
  | 'revoke'
  | 'revoke-subject'
  | 'list'

/**
 * What plain Redis clients do. `add` increments two counters in one transaction, `compare` reads both in one, `push` sends
 * several RPUSH at once. `stay` is the end of a connection, which no client asked for, and `resend` a proxy that wrote again
 * what an elected Redis lacked.
 */
export type KeyOperation = 'set' | 'get' | 'incr' | 'push' | 'add' | 'compare' | 'stay' | 'resend'
export type OperationName = LoginOperation | KeyOperation

/** Monotonic time, common to all processes of this machine since its start (in milliseconds). */
export type MonotonicMs = number

/** The start of an operation. The recorder writes it before the operation is sent. */
export interface InvokeEvent {
  type: 'invoke'
  atMs: MonotonicMs
  /** The name of the call. Its completion has the same name. */
  call: string
  /** The calling process, which runs one operation at a time. After an `info`, a process with a new name continues. */
  process: string
  /** The application server that runs the operation. */
  worker: string
  operation: OperationName
  /** Public id of the token of the operation. Not set for `issue`, because the token does not exist at that time. */
  token?: string
  subject?: string
  /** The requested idle lifetime (in milliseconds). */
  idleMs?: number
  /** Public id of the token that `revoke-subject` keeps. */
  exceptToken?: string
  /** The key of a plain client's operation. */
  key?: string
  /** The number that `set` writes. */
  value?: number
  /** What `push` appends, in this order. */
  elements?: string[]
}

/** The answer of an acknowledged operation. */
export interface Answer {
  /** The state of the token of the operation. */
  state?: 'active' | 'inactive' | 'unavailable'
  /** Why a token is inactive: `revoked`, `expired`, `unknown`, `malformed`. */
  reason?: string
  /** Public id of the issued token. */
  token?: string
  /** The owner of the session. */
  subject?: string
  /** Public ids of the sessions that `revoke-subject` ended. */
  ended?: string[]
  /** Public ids of the sessions that `list` returned. */
  listed?: string[]
  /** The number of updates that the session's claims count. */
  changes?: number
  /** The number that `get` or `incr` answered, 0 for none. */
  value?: number
  /** The numbers that `add` or `compare` answered. */
  values?: [number, number]
}

/**
 * The end of an operation. `ok`: the system acknowledged it. `fail`: it provably did not run. `info`: every other
 * result; the operation may take effect at any time until the end of the run.
 */
export interface CompletionEvent {
  type: 'ok' | 'fail' | 'info'
  atMs: MonotonicMs
  call: string
  answer?: Answer
  /** The error's code, or its text after {@link UNEXPECTED_ERROR}. */
  error?: string
}

/** The prefix of an error without a code. Every error of the product has a code. */
export const UNEXPECTED_ERROR = 'unexpected:'

export type HistoryEvent = InvokeEvent | CompletionEvent

/**
 * The current time on the clock of the history. This is the machine's own clock, even if a fault stops the clocks of
 * this process.
 */
export function monotonicMs(): MonotonicMs {
  return Math.round(Number(machineNs()) / 1000) / 1000
}
