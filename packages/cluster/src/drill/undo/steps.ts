import { z } from 'zod'

const nodeSchema = z.object({ host: z.string(), port: z.int() })

/** One thing that puts a fault right. Harmless when nothing is wrong, so it may be done again. */
export const undoStepSchema = z.discriminatedUnion('do', [
  /** A paused process goes on. */
  z.object({ do: z.literal('continue'), process: z.string() }),
  z.object({ do: z.literal('restore-host'), host: z.string() }),
  /** Commands to a Redis, as its admin. They hold no secret. */
  z.object({ do: z.literal('command'), node: nodeSchema, commands: z.array(z.array(z.string())) }),
])

export type UndoStep = z.infer<typeof undoStepSchema>
