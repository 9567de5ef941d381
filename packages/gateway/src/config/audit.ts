import { z } from 'zod'

/** Where the audit log goes. */
export const auditSchema = z.strictObject({
  /**
   * A file of its own, which nobody but this gateway writes; of several processes each has one, `audit-1.jsonl` for
   * `audit.jsonl`. Without it the audit log is among the lines of standard output.
   */
  file: z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).exactOptional(),
})
