import type { CallOptions } from './call-options.ts'

/** Most attempts that are counted for one name. */
export const MAX_ATTEMPTS = 1000

/** What bounds attempts for one name, such as an account or an address. */
export interface AttemptLimit {
  /** What the attempts have in common: 1 to 1024 characters. Only a keyed hash of it reaches Redis. */
  name: string
  /** Most attempts within `windowMs`: 1 to 1000. */
  limit: number
  /** In milliseconds, 1000 to 86,400,000. */
  windowMs: number
  /**
   * With so many attempts in the window, the next must come `pauseMs` after the last, with one more twice that, and so
   * on: 1 to 1000. Default is never.
   */
  pauseAfter?: number
  /** In milliseconds, 1 to 86,400,000. Default is 1000. */
  pauseMs?: number
}

/** What became of an attempt. */
export type Attempt =
  /** It is counted. `id` gives it back. */
  | { allowed: true; id: string }
  /** It is not counted: `limit` is the place, in the list, of the limit that makes it wait longest. */
  | { allowed: false; limit: number; retryAfterMs: number }

/**
 * Counters of attempts, shared by all processes of a data centre. They are written as logins are: an answer is given
 * when no failover can undo it. So ask before doing what is limited. Throws as {@link TokenStore} does.
 */
export interface Attempts {
  /**
   * Counts one attempt against all limits together, or against none when one of them refuses it. Refused attempts do
   * not count. It is decided in one place, on the primary: of attempts at the same time no more are allowed than the
   * limits say. With the `id` of an attempt that is counted already the answer is the same, and it counts once.
   */
  take(limits: readonly AttemptLimit[], options?: CallOptions & { id?: string }): Promise<Attempt>

  /**
   * Lets an attempt not count any more, under `names`; under `cleared` the attempts before it do not count any more,
   * either. Later ones do. Giving back again does nothing.
   */
  giveBack(
    id: string,
    from: { names?: readonly string[]; cleared?: readonly string[] },
    options?: CallOptions,
  ): Promise<void>
}
