import type { FastifyInstance } from 'fastify'
import { describeRoute } from './describe.ts'
import { type KnownRoute, openApiDocument } from './document.ts'

/** `GET /openapi.json`: the description of this server's own routes, made of what their handlers check by. */
export function openApiRoute(
  app: FastifyInstance,
  routes: readonly KnownRoute[],
  about: Parameters<typeof openApiDocument>[1],
): void {
  const description = describeRoute({
    summary: 'This description, in OpenAPI 3.1.',
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
  description: 'Logs in and out, and says whose session a token is. An answer of 503 is never a log-out.',
  version: '1',
}

export const ADMIN_ABOUT = {
  title: 'Holdfast gateway, for administrators',
  description: 'On a port or socket of its own. Every change is in the audit log, with who made it.',
  version: '1',
}
