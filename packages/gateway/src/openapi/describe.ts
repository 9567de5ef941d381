import type { z } from 'zod'

/** What a route takes and answers, in the schemas that its handler itself checks by. */
export interface RouteDescription {
  /** One sentence. */
  summary: string
  /** More, if there is more to say. */
  description?: string
  /** How a caller says who it is; none when anybody may ask. */
  credentials?: 'token' | 'administrator'
  query?: z.ZodObject
  params?: z.ZodObject
  body?: { schema: z.ZodType; types: readonly string[] }
  /** By status. */
  answers: Readonly<Record<number, RouteAnswer>>
}

interface RouteAnswer {
  text: string
  /** JSON of this schema. */
  body?: z.ZodType
  /** What it is instead of JSON: `text/html`. */
  type?: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    description?: RouteDescription
  }
}

/** The options of a route that carry its description to `openapi/document.ts`. They change nothing of what it does. */
export const describeRoute = (description: RouteDescription) => ({ config: { description } })
