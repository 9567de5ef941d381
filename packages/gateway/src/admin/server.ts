import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LogStream } from '../base/log.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { sendProblem } from '../http/answer.ts'
import { noAdministrator, readOnly } from '../http/problems.ts'
import { createServer } from '../http/server.ts'
import { metricsRoute } from '../metrics/prometheus.ts'
import { type KnownRoute, rememberRoutes } from '../openapi/document.ts'
import { ADMIN_ABOUT, openApiRoute } from '../openapi/route.ts'
import { listenForAdministrators } from './listen.ts'
import { type Operations, overviewRoutes } from './overview.ts'
import { adminSessionRoutes } from './sessions.ts'
import { type Administrator, whoseToken } from './token.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The administrator who sent the request, on the admin listener. */
    administrator?: Administrator
  }
}

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * The HTTP server of the admin API. Every address requires an administrator, which is checked before anything else: without
 * a token, no client learns which addresses exist.
 * INV-GATEWAY-23.
 */
async function createAdminServer(
  config: GatewayConfig,
  operations: Operations,
  logStream: LogStream,
): Promise<{ app: FastifyInstance; routes: readonly KnownRoute[] }> {
  const { services, collectAll, administrators } = operations
  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    const administrator = whoseToken(administrators(), request.headers.authorization)
    const isRefused = CHANGING.has(request.method) && administrator?.access !== 'change'
    if (administrator === null || isRefused) {
      // A client of a Unix socket has no address.
      const [by, remote] = [administrator?.name ?? null, request.ip ?? '']
      services.audit.recordBounded(`${by} ${remote}`, { event: 'administrator-refused', by, remote })
      return sendProblem(request, reply, by === null ? noAdministrator : readOnly)
    }
    request.administrator = administrator
    return undefined
  }
  const app = await createServer(config, services.lifecycle, logStream, admit)
  const routes = rememberRoutes(app)
  adminSessionRoutes(app, services)
  overviewRoutes(app, operations)
  metricsRoute(app, collectAll, 'administrator')
  openApiRoute(app, routes, ADMIN_ABOUT)
  return { app, routes }
}

/** The admin API of a gateway process, with the function that starts its listener. Null when it is not configured. */
export async function openAdmin(
  config: GatewayConfig,
  operations: Operations,
  logStream: LogStream,
  processNumber: number | undefined,
): Promise<{ app: FastifyInstance; routes: readonly KnownRoute[]; listen(): Promise<string> } | null> {
  const { admin } = config
  if (admin === undefined) return null
  const { app, routes } = await createAdminServer(config, operations, logStream)
  // With several processes, the parent process has already removed the stale socket.
  const removeStale = processNumber === undefined
  return { app, routes, listen: () => listenForAdministrators(app, admin.listen, { removeStale }) }
}
