import type { Server } from 'node:http'
import cookies from '@fastify/cookie'
import forms from '@fastify/formbody'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Lifecycle } from '../base/lifecycle.ts'
import { hasSafeMessage, type LogStream, loggableError, loggerOptions } from '../base/log.ts'
import { rateLimitedLog } from '../base/throttles.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { rememberMethods } from './allowed-methods.ts'
import { sendProblem } from './answer.ts'
import { createClientErrorHandler } from './client-errors.ts'
import { headersForProxy, SECURITY_HEADERS, SERVER_HEADER } from './headers.ts'
import { malformedRequest, methodNotAllowed, notFound, problemOf } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For proxies: an allowing answer has only the headers of `headersForProxy`; `sendProblem` adds all others to a refusal. */
    forProxy?: boolean
  }
}

const MAX_HEADER_BYTES = 16_384
const MAX_BODY_BYTES = 16_384

/** How often the server checks for requests that take too long to arrive (in milliseconds). */
const SLOW_CLIENT_CHECK_MS = 500

/**
 * The HTTP server without its routes: limits, timeouts, the headers of every answer, and the answers to errors.
 */
export async function createServer(
  config: GatewayConfig,
  lifecycle: Lifecycle,
  logStream?: LogStream,
  /** Refuses requests before anything else, also those for unknown addresses, by sending an answer. */
  admit?: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>,
): Promise<FastifyInstance> {
  const { limits } = config
  const clientErrors = createClientErrorHandler(config.name)
  const app: FastifyInstance = fastify({
    bodyLimit: MAX_BODY_BYTES,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
      connectionsCheckingInterval: SLOW_CLIENT_CHECK_MS,
    },
    requestTimeout: limits.requestTimeoutMs,
    ...(config.trustedProxies.length > 0 && { trustProxy: config.trustedProxies }),
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A request on an open connection is still answered normally while this server closes.
    return503OnClosing: false,
    logger: loggerOptions({ server: config.name, dataCentre: config.dataCentre }, logStream),
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: clientErrors.handle,
    frameworkErrors: (error, request, reply) => {
      void sendProblem(request, reply.headers(everyAnswer), problemOf(error))
    },
  })
  const everyAnswer = { ...SECURITY_HEADERS, [SERVER_HEADER]: config.name }
  const answerForProxy = headersForProxy(config.name)

  const allowedAt = rememberMethods(app)
  limitServer(app.server, limits)
  clientErrors.watch(app.server)

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(request.routeOptions.config.forProxy ? answerForProxy : everyAnswer)
    if (lifecycle.draining) reply.header('connection', 'close')
    done()
  })
  if (admit) app.addHook('onRequest', admit)
  // Before the body is read: its type matters only for an address that exists.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) sendProblem(request, reply, unrouted(allowedAt, request.url))
    else done()
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, notFound))
  app.setErrorHandler(answerErrors(app))

  app.removeContentTypeParser('text/plain')
  await app.register(cookies)
  await app.register(forms)
  return app
}

/** Applies the limits that can change while a server runs. */
export function limitServer(server: Server, limits: GatewayConfig['limits']): void {
  server.maxConnections = limits.connections
  server.headersTimeout = Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs)
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = limits.keepAliveTimeoutMs
}

/** 405 for an address that exists for other methods, 404 for any other. */
function unrouted(allowedAt: (path: string) => string[], url: string) {
  const allowed = allowedAt(url.split('?', 1)[0] ?? url)
  return allowed.length > 0 ? methodNotAllowed(allowed) : notFound
}

function answerErrors(app: FastifyInstance): Parameters<FastifyInstance['setErrorHandler']>[0] {
  const logStoreError = rateLimitedLog()
  const logCutOff = rateLimitedLog()
  return (error, request, reply) => {
    // The client hung up, sent a malformed body, or was too slow. Any client can cause this, so it is not an error of the
    // server and must not fill the log.
    if (request.raw.readableAborted) {
      logCutOff((heldBack) =>
        app.log.info(
          { event: 'request-cut-off', route: request.routeOptions.url, heldBack },
          'The connection ended before the body of a request had arrived',
        ),
      )
      return sendProblem(request, reply, malformedRequest)
    }
    const problem = problemOf(error)
    if (problem.status === 500) {
      app.log.error({ route: request.routeOptions.url, err: loggableError(error) }, 'A request failed')
    } else if (hasSafeMessage(error)) {
      logStoreError((heldBack) => {
        app.log.warn(
          { event: 'store-trouble', code: error.code, cause: error.message, heldBack },
          problem.message,
        )
      })
    }
    return sendProblem(request, reply, problem)
  }
}
