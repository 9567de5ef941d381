import { z } from 'zod'
import { siteSchema } from './schema.ts'

/** The JSON Schema of `holdfast.yaml` (draft 2020-12), by which editors complete and explain. */
export function siteJsonSchema(): Record<string, unknown> {
  return { title: 'holdfast.yaml', ...z.toJSONSchema(siteSchema, { io: 'input' }) }
}
