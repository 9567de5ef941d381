import { z } from 'zod'

/** How many processes serve: a number, or `auto` for one each core (at most 64). 1 is this process itself. */
export const processesSchema = z
  .union([z.int().min(1).max(64), z.literal('auto')], {
    error: 'must be a whole number from 1 to 64, or "auto"',
  })
  .default(1)
