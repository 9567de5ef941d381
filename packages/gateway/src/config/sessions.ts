import { z } from 'zod'
import { wholeNumber } from './fields.ts'

/** What sessions are beside their usual lifetimes, which are the store's `idleMs` and `absoluteMs`. */
export const sessionsSchema = z.strictObject({
  /**
   * Lifetime of a session whose person asked to stay logged in, up to 400 days: it ends by this alone, idle or not, and
   * its cookie outlives the browser. Without it nobody is asked.
   */
  rememberMs: wholeNumber(60_000, 34_560_000_000, ' (ms)').exactOptional(),
  /** Most sessions of a person at once. Without it there may be any number. */
  mostPerUser: wholeNumber(1, 1000).exactOptional(),
  /** What a login beyond `mostPerUser` does: it is refused, or ends the oldest. */
  whenFull: z
    .enum(['refuse', 'end-oldest'], { error: 'must be "refuse" or "end-oldest"' })
    .default('end-oldest'),
})

export type SessionsConfig = z.output<typeof sessionsSchema>
