import { setTimeout as sleep } from 'node:timers/promises'
import { createIdleExtender, type TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { GatewayConfig } from './config/schema.ts'
import { createSessionCookie } from './http/cookies.ts'
import { listen } from './http/listen.ts'
import { createOccasional, type LogStream, loggableError } from './http/log.ts'
import { createServer } from './http/server.ts'
import { createLifecycle } from './lifecycle.ts'
import { healthRoutes } from './routes/health.ts'
import { homeRoute } from './routes/home.ts'
import { loginRoute } from './routes/login.ts'
import { logoutRoute } from './routes/logout.ts'
import type { Services } from './routes/services.ts'
import { sessionRoutes } from './routes/session.ts'
import { createAudit } from './sessions/audit.ts'
import { createSessionChecker } from './sessions/checker.ts'
import { createAuthenticate } from './users/authenticate.ts'
import { openUserDirectory } from './users/directory.ts'
import { createTurns } from './users/turns.ts'

/** From the end signal until waiting logins give up, and until connections are cut (in milliseconds). */
const GIVE_UP_MS = 3400
const CUT_MS = 4000

/** One gateway over a store. */
export interface Gateway {
  /** Starts to listen; answers the URL. Throws `LISTEN_FAILED`. */
  listen(): Promise<string>
  /**
   * Ends within five seconds: `/readyz` says 503 first; after `limits.drainMs` no connection is accepted;
   * requests under way are finished, and logins that still wait for the store are answered 503. The store
   * stays open: it belongs to the caller.
   */
  close(): Promise<void>
  /** The gateway's log. */
  log: FastifyBaseLogger
}

/**
 * Builds a gateway over any token store. The log goes to stdout, one JSON object a line, unless `logStream`
 * is given. Throws `FILE_UNUSABLE` or `USERS_INVALID` when the users file cannot be used.
 */
export async function createGateway(
  config: GatewayConfig,
  store: TokenStore,
  options: { logStream?: LogStream } = {},
): Promise<Gateway> {
  const lifecycle = createLifecycle()
  const app = await createServer(config, lifecycle, options.logStream)
  const services = await createServices(config, store, lifecycle, app.log)
  homeRoute(app, services)
  loginRoute(app, services)
  logoutRoute(app, services)
  sessionRoutes(app, services)
  healthRoutes(app, services)

  let closing: Promise<void> | null = null
  return {
    log: app.log,
    listen: () => listen(app, config),
    close() {
      closing ??= end(app, lifecycle, config.limits.drainMs)
      return closing
    },
  }
}

async function createServices(
  config: GatewayConfig,
  store: TokenStore,
  lifecycle: Services['lifecycle'],
  log: FastifyBaseLogger,
): Promise<Services> {
  const { limits } = config
  const cookie = createSessionCookie({ secure: config.secureCookies })
  const users = await openUserDirectory(config.usersFile, (sentence) =>
    log.error({ event: 'users-file' }, sentence),
  )
  const turns = createTurns({
    atOnce: limits.passwordChecks,
    waiting: limits.waitingLogins,
    waitMs: limits.waitingLoginMs,
  })
  const idleTrouble = createOccasional()
  const readTrouble = createOccasional()
  const idle = createIdleExtender({
    store,
    idleMs: config.store.idleMs,
    signal: lifecycle.giveUp,
    onFailure: (error) =>
      idleTrouble((heldBack) =>
        log.warn(
          { event: 'touch-failed', err: loggableError(error), heldBack },
          'A session was not extended',
        ),
      ),
  })
  const checkSession = createSessionChecker({
    store,
    cookie,
    idle,
    signal: lifecycle.giveUp,
    onUnavailable: (cause) =>
      readTrouble((heldBack) =>
        log.warn({ event: 'verify-unavailable', cause, heldBack }, 'A token could not be verified'),
      ),
  })
  return {
    server: config.name,
    store,
    cookie,
    authenticate: await createAuthenticate(users, turns),
    checkSession,
    audit: createAudit(log),
    lifecycle,
  }
}

async function end(app: FastifyInstance, lifecycle: ReturnType<typeof createLifecycle>, drainMs: number) {
  lifecycle.drain()
  const giveUp = setTimeout(lifecycle.abandon, GIVE_UP_MS)
  const cut = setTimeout(() => app.server.closeAllConnections(), CUT_MS)
  try {
    if (app.server.listening) await sleep(drainMs)
    await app.close()
  } finally {
    clearTimeout(giveUp)
    clearTimeout(cut)
    lifecycle.abandon()
  }
}
