import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config/schema.ts'
import { sendProblem } from '../http/answer.ts'
import type { LogStream } from '../http/log.ts'
import { noAdministrator, readOnly } from '../http/problems.ts'
import { createServer } from '../http/server.ts'
import { metricsRoute } from '../metrics/route.ts'
import { type KnownRoute, rememberRoutes } from '../openapi/document.ts'
import { ADMIN_ABOUT, openApiRoute } from '../openapi/route.ts'
import type { Operations } from './operations.ts'
import { overviewRoutes } from './overview.ts'
import { adminSessionRoutes } from './sessions.ts'
import { type Administrator, whoseToken } from './token.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, on the admin listener. */
    administrator?: Administrator
  }
}

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * The HTTP server for administrators. No route of it is open: who asks is checked before anything else.
 * INV-GATEWAY-23.
 */
export async function createAdminServer(
  config: GatewayConfig,
  operations: Operations,
  logStream: LogStream,
): Promise<{ app: FastifyInstance; routes: readonly KnownRoute[] }> {
  const { services, collectAll, administrators } = operations
  const app = await createServer(config, services.lifecycle, logStream)
  const routes = rememberRoutes(app)
  app.addHook('onRequest', async (request, reply) => {
    const administrator = whoseToken(administrators(), request.headers.authorization)
    if (administrator === null) return sendProblem(request, reply, noAdministrator)
    if (CHANGING.has(request.method) && administrator.access !== 'change') {
      return sendProblem(request, reply, readOnly)
    }
    request.administrator = administrator
  })
  adminSessionRoutes(app, services)
  overviewRoutes(app, operations)
  metricsRoute(app, collectAll, 'administrator')
  openApiRoute(app, routes, ADMIN_ABOUT)
  return { app, routes }
}
