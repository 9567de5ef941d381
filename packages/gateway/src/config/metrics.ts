import { z } from 'zod'

export const metricsSchema = z.strictObject({
  /** Serve `/metrics` to whoever reaches the gateway's own port, without a token. The admin listener has it in any case. */
  public: z.boolean({ error: 'must be true or false' }).default(false),
})
