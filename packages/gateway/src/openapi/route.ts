import type { FastifyInstance } from 'fastify'
import { describeRoute } from './describe.ts'
import { type KnownRoute, openApiDocument } from './document.ts'

/** `GET /openapi.json`: the description of this server's routes, made from the schemas of their handlers. */
export function openApiRoute(
  app: FastifyInstance,
  routes: readonly KnownRoute[],
  about: Parameters<typeof openApiDocument>[1],
): void {
  const description = describeRoute({
    summary: 'Get this description, in OpenAPI 3.1',
    answers: { 200: { text: 'The description.', type: 'application/json' } },
  })
  let text: string | null = null
  app.get('/openapi.json', description, async (_request, reply) => {
    text ??= JSON.stringify(openApiDocument(routes, about))
    return reply.type('application/json; charset=utf-8').send(text)
  })
}

export const GATEWAY_ABOUT = {
  title: 'Holdfast gateway',
  description:
    'Logs users in and out, and verifies session tokens. A 503 answer never means that a user was logged out.',
  version: '1',
}

export const ADMIN_ABOUT = {
  title: 'Holdfast gateway: admin API',
  description:
    'Served on its own port or socket. The audit log records every change, with the administrator who made it.',
  version: '1',
}
