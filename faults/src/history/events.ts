import { machineNs } from '@holdfast/testing/clock'

/** What a user's browser, an application or an administrator can ask of the login system. */
export type OperationName =
  | 'issue'
  | 'verify'
  | 'touch'
  | 'update'
  | 'rotate'
  | 'revoke'
  | 'revoke-subject'
  | 'list'

/** Monotonic time, common to all processes of this machine since its start (in milliseconds). */
export type MonotonicMs = number

/** An operation is about to be sent. It is written down before it is sent. */
export interface InvokeEvent {
  type: 'invoke'
  atMs: MonotonicMs
  /** Names the call; its completion carries the same. */
  call: string
  /** Who called: one operation at a time. After an `info` a new one goes on. */
  process: string
  /** The application server on which it runs. */
  worker: string
  operation: OperationName
  /** Public id of the token that it is about; a new one has none yet. */
  token?: string
  subject?: string
  /** Idle lifetime that is asked for (in milliseconds). */
  idleMs?: number
  /** Public id of the token that `revoke-subject` leaves alone. */
  exceptToken?: string
}

/** What an acknowledged operation answered. */
export interface Answer {
  /** What it says of the token that it is about. */
  says?: 'active' | 'inactive' | 'unavailable'
  /** Why a token is inactive: `revoked`, `expired`, `unknown`, `malformed`. */
  reason?: string
  /** Public id of the token that was issued. */
  token?: string
  /** Whose session it is. */
  subject?: string
  /** Public ids of the sessions that `revoke-subject` ended. */
  ended?: string[]
  /** Public ids of the sessions that `list` showed. */
  listed?: string[]
  /** How many updates the session's claims count. */
  changes?: number
}

/**
 * How it ended: `ok` is acknowledged, `fail` is provably not executed, `info` is anything else: it may take
 * effect at any time until the end.
 */
export interface CompletionEvent {
  type: 'ok' | 'fail' | 'info'
  atMs: MonotonicMs
  call: string
  answer?: Answer
  /** The error's code, or its text after {@link UNFORESEEN}. */
  error?: string
}

/** Begins what came without a code, as no error of the product does. */
export const UNFORESEEN = 'unforeseen:'

export type HistoryEvent = InvokeEvent | CompletionEvent

/** Now, on the clock of the history: the machine's own, also where the clocks of this process stand still at times. */
export function monotonicMs(): MonotonicMs {
  return Math.round(Number(machineNs()) / 1000) / 1000
}
