import type { CallOptions } from '../../deadline.ts'

/** Maximum number of attempts that are counted per name. */
export const MAX_ATTEMPTS = 1000

/** A limit on the attempts for one name, such as an account or an address. */
export interface AttemptLimit {
  /** The name that the attempts share: 1 to 1024 characters. Only a keyed hash of it is sent to Redis. */
  name: string
  /** Maximum number of attempts within `windowMs`: 1 to 1000. */
  limit: number
  /** In milliseconds, 1000 to 34,560,000,000 (400 days). */
  windowMs: number
  /**
   * The number of attempts in the window (1 to 1000) after which the next attempt must wait `pauseMs` after the
   * last one. The wait doubles with each further attempt. Default is never.
   */
  pauseAfter?: number
  /** In milliseconds, 1 to 86,400,000. Default is 1000. */
  pauseMs?: number
}

/** The result of an attempt. */
export type Attempt =
  /** The attempt is counted. Use `id` to give it back. */
  | { allowed: true; id: string }
  /** The attempt is not counted. `limit` is the index, in the list, of the limit with the longest wait. */
  | { allowed: false; limit: number; retryAfterMs: number }

/**
 * Counters of attempts that all processes of a data centre share. They are as durable as logins: the answer is
 * returned when no failover can undo it. So call `take` before the action that is limited. Throws as
 * {@link TokenStore} does.
 */
export interface Attempts {
  /**
   * Counts one attempt against all limits together, or against none if one of them refuses it. Refused attempts do
   * not count. The primary alone decides, so concurrent attempts never exceed the limits. If the attempt with this
   * `id` is already counted, the answer is the same, and it counts once.
   */
  take(limits: readonly AttemptLimit[], options?: CallOptions & { id?: string }): Promise<Attempt>

  /**
   * Stops counting an attempt under `names`. Under `cleared`, the attempts before it do not count any more either.
   * Later attempts do. Giving an attempt back again does nothing.
   */
  giveBack(
    id: string,
    from: { names?: readonly string[]; cleared?: readonly string[] },
    options?: CallOptions,
  ): Promise<void>
}
