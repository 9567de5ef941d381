import type { z } from 'zod'

/** What a route takes and returns, in the schemas that its handler also checks with. */
export interface RouteDescription {
  /** A verb phrase without a full stop, such as "List your own sessions". */
  summary: string
  /** Further sentences. */
  description?: string
  /** How a client authenticates; absent when no authentication is needed. */
  credentials?: 'token' | 'administrator'
  query?: z.ZodObject
  params?: z.ZodObject
  body?: { schema: z.ZodType; types: readonly string[] }
  /** By status. */
  answers: Readonly<Record<number, RouteAnswer>>
}

interface RouteAnswer {
  text: string
  /** The schema of a JSON body. */
  body?: z.ZodType
  /** The media type of another body, such as `text/html`. */
  type?: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    description?: RouteDescription
  }
}

/** The route options that pass its description to `openapi/document.ts`. They do not change the route's behaviour. */
export const describeRoute = (description: RouteDescription) => ({ config: { description } })
