import type { FastifyInstance, RouteOptions } from 'fastify'
import { z } from 'zod'
import type { RouteDescription } from './describe.ts'

/** A route of the server. */
export interface KnownRoute {
  method: string
  url: string
  description: RouteDescription | undefined
}

/** Remembers the routes that are added from now on. */
export function rememberRoutes(app: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = []
  app.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    const description = config?.description
    for (const each of [method].flat()) routes.push({ method: each, url, description })
  })
  return routes
}

const problemSchema = z.object({
  error: z.object({
    code: z.string().meta({ description: 'A stable code, for programs.' }),
    message: z.string().meta({ description: 'A sentence, for people.' }),
  }),
})

/** The methods that a path may describe (OpenAPI 3.1, section 4.8.9). */
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'])

const PROBLEM = { $ref: '#/components/schemas/Problem' }

/** The OpenAPI 3.1 description of the routes of a server, in their order. Pure. */
export function openApiDocument(
  routes: readonly KnownRoute[],
  about: { title: string; description: string; version: string },
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { method, url, description } of routes) {
    if (description === undefined || !METHODS.has(method)) continue
    // A HEAD route that the framework derived from a GET route adds nothing.
    if (method === 'HEAD' && isAlsoGet(routes, url)) continue
    // The rest of a path is one parameter. OpenAPI has no form for its slashes: the parameter's description names them.
    const path = url.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(method, path, description) }
  }
  return {
    openapi: '3.1.0',
    info: { ...about, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A session token or an administrator token.' },
        cookie: { type: 'apiKey', in: 'cookie', name: '__Host-holdfast' },
      },
    },
  }
}

const isAlsoGet = (routes: readonly KnownRoute[], url: string) =>
  routes.some((route) => route.method === 'GET' && route.url === url)

function operation(method: string, path: string, route: RouteDescription): Record<string, unknown> {
  const { summary, description, credentials, query, params, body, answers } = route
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')]
  return {
    operationId: [method.toLowerCase(), ...path.split(/[^A-Za-z0-9]+/)]
      .filter((part) => part !== '')
      .join('-'),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(credentials === undefined ? {} : { security: SECURITY[credentials] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: contentOf(body.types, jsonSchema(body.schema)) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { text, body: answer, type }]) => [
          status,
          {
            description: text,
            ...(answer ? { content: contentOf(['application/json'], jsonSchema(answer)) } : {}),
            ...(type ? { content: contentOf([type], { type: 'string' }) } : {}),
          },
        ]),
      ),
      default: { description: 'An error.', content: contentOf(['application/json'], PROBLEM) },
    },
  }
}

const SECURITY = {
  token: [{ cookie: [] }, { bearer: [] }],
  administrator: [{ bearer: [] }],
}

const contentOf = (types: readonly string[], schema: unknown) =>
  Object.fromEntries(types.map((type) => [type, { schema }]))

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): unknown[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Record<string, unknown>
    required?: string[]
  }
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }))
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
