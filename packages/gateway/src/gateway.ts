import { setTimeout as sleep } from 'node:timers/promises'
import { createIdleExtender, type TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { AuditLog } from './audit/audit.ts'
import type { GatewayConfig } from './config/schema.ts'
import { createSessionCookie } from './http/cookies.ts'
import { type ListenOptions, listen } from './http/listen.ts'
import { createOccasional, type LogStream, loggableError } from './http/log.ts'
import { safeReturnTo } from './http/return-to.ts'
import { createServer, limitServer } from './http/server.ts'
import { watchForUntrustedProxies } from './http/untrusted-proxies.ts'
import { FLOW_LIFETIME_MS } from './identities/oidc/flow.ts'
import { openIdentities } from './identities/open.ts'
import { createLifecycle } from './lifecycle.ts'
import { createDeviceCookie } from './limits/device-cookie.ts'
import { createInTurn } from './limits/in-turn.ts'
import { createLoginLimits } from './limits/login-limits.ts'
import { createProviderLimits } from './limits/provider-limits.ts'
import type { Metrics } from './metrics/metrics.ts'
import { metricsRoute } from './metrics/route.ts'
import { type KnownRoute, rememberRoutes } from './openapi/document.ts'
import { GATEWAY_ABOUT, openApiRoute } from './openapi/route.ts'
import { type OperationsOptions, openAdmin, openRecords } from './operations.ts'
import { healthRoutes } from './routes/health.ts'
import { healthzRoute } from './routes/healthz.ts'
import { homeRoute } from './routes/home.ts'
import { loginRoute } from './routes/login.ts'
import { logoutRoute } from './routes/logout.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { oidcRoutes } from './routes/oidc.ts'
import type { Services } from './routes/services.ts'
import { sessionRoutes } from './routes/session.ts'
import { ownSessionsRoutes } from './routes/sessions.ts'
import { verifyRoutes } from './routes/verify.ts'
import { createInstantChecker, createSessionChecker, createTokenChecker } from './sessions/checker.ts'
import { traceRequests } from './traces/requests.ts'
import type { Tracing } from './traces/tracing.ts'
import { createTurns } from './users/turns.ts'

/** From the end signal until waiting logins give up, and until connections are cut (in milliseconds). */
const GIVE_UP_MS = 3400
const CUT_MS = 4000
/** Most logins of one address whose passwords are looked at, or wait for it, at once. The others of it wait for these. */
const LOGINS_OF_ADDRESS = 2

/** One gateway over a store. */
export interface Gateway {
  /** Starts to listen, for administrators first; answers the URL. Throws `LISTEN_FAILED`. */
  listen(options?: ListenOptions): Promise<string>
  /**
   * Ends within five seconds: `/readyz` says 503 first; after `limits.drainMs` no connection is accepted;
   * requests under way are finished, and logins that still wait for the store are answered 503. The store
   * stays open: it belongs to the caller.
   */
  close(): Promise<void>
  /**
   * Looks whether those keys of a new configuration that can change while it runs can be taken, and answers what takes
   * them; the store is its owner's business. Throws `FILE_UNUSABLE` when the new audit log cannot be written.
   */
  prepare(config: GatewayConfig): Promise<() => void>
  /** The gateway's log. */
  log: FastifyBaseLogger
  audit: AuditLog
  metrics: Metrics
  /** Its server, to send requests to without a socket. */
  app: FastifyInstance
  /** What it answers to. */
  routes: readonly KnownRoute[]
  /** The same of the server for administrators; null when the configuration has none. */
  admin: Pick<Gateway, 'app' | 'routes'> | null
}

export interface GatewayOptions extends OperationsOptions {
  logStream?: LogStream
  tracing?: Tracing | null
  /** What is wrong with the configuration file though it can be used: reasons of a degraded health. */
  configurationWarnings?: () => string[]
}

/**
 * Builds a gateway over any token store. The log goes to stdout, one JSON object a line, unless `logStream`
 * is given. Throws `FILE_UNUSABLE` or `USERS_INVALID` when the users file cannot be used.
 */
export async function createGateway(
  config: GatewayConfig,
  store: TokenStore,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const lifecycle = createLifecycle()
  const stream = options.logStream ?? process.stdout
  const app = await createServer(config, lifecycle, stream)
  const untrustedProxies = watchForUntrustedProxies(app)
  let inUse = config
  const { audit, metrics, collectAll } = await openRecords(config, store, app.log, stream, options)
  const services = await createServices(config, store, lifecycle, app.log, audit, () => inUse.revision)
  if (options.tracing) traceRequests(app, options.tracing)
  metrics.watch(app)
  const routes = rememberRoutes(app)
  homeRoute(app, services)
  loginRoute(app, services)
  oidcRoutes(app, services)
  logoutRoute(app, services)
  sessionRoutes(app, services)
  ownSessionsRoutes(app, services)
  // A span of its own begins with the hooks.
  const verifySettings = { access: () => inUse.access, forwardAuth: config.forwardAuth }
  verifyRoutes(app, services, verifySettings, options.tracing ? null : metrics)
  if (config.oauth) {
    const { issuer } = config.oauth
    oauthRoutes(app, services, { issuer, clients: () => inUse.oauth?.clients ?? [] })
  }
  healthRoutes(app, services)
  healthzRoute(app, services, () => [
    ...(untrustedProxies.seen() ? ['proxy-not-trusted'] : []),
    ...(options.configurationWarnings?.() ?? []),
  ])
  if (config.metrics.public) {
    metricsRoute(app, collectAll)
  }
  openApiRoute(app, routes, GATEWAY_ABOUT)
  const administrators = () => inUse.admin?.administrators ?? []
  const records = { metrics, collectAll, administrators }
  const admin = await openAdmin(config, services, records, stream, options)

  let closing: Promise<void> | null = null
  return {
    log: app.log,
    audit,
    metrics,
    app,
    routes,
    admin,
    async listen(where) {
      await admin?.listen()
      return await listen(app, config, where)
    },
    async prepare(next) {
      const takeAudit = await audit.prepare(next.audit.file)
      return () => {
        inUse = next
        limitServer(app.server, next.limits)
        takeAudit()
      }
    },
    close() {
      closing ??= end(app, admin?.app ?? null, lifecycle, inUse.limits.drainMs).finally(audit.close)
      return closing
    },
  }
}

async function createServices(
  config: GatewayConfig,
  store: TokenStore,
  lifecycle: Services['lifecycle'],
  log: FastifyBaseLogger,
  audit: Services['audit'],
  revision: Services['revision'],
): Promise<Services> {
  const cookie = createSessionCookie({ secure: config.secureCookies })
  const idleTrouble = createOccasional()
  const readTrouble = createOccasional()
  const limitTrouble = createOccasional()
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
  const checkToken = createTokenChecker({
    store,
    idle,
    signal: lifecycle.giveUp,
    onUnavailable: (cause) =>
      readTrouble((heldBack) =>
        log.warn({ event: 'verify-unavailable', cause, heldBack }, 'A token could not be verified'),
      ),
  })
  const limitOptions = {
    attempts: store.attempts,
    config: config.loginLimits,
    signal: lifecycle.giveUp,
    onFailure: (error: unknown) =>
      limitTrouble((heldBack) =>
        log.warn(
          { event: 'give-back-failed', err: loggableError(error), heldBack },
          'A login that succeeded counts as tried',
        ),
      ),
  }
  return {
    server: config.name,
    store,
    cookie,
    ...(await openIdentities(config, store, log)),
    returnTo: (asked) => safeReturnTo(asked, config.returnOrigins),
    loginLimits: createLoginLimits(limitOptions),
    providerLimits: createProviderLimits({ ...limitOptions, flowLifetimeMs: FLOW_LIFETIME_MS }),
    loginPlaces: createTurns({
      atOnce: config.limits.passwordChecks + config.limits.waitingLogins,
      waiting: 0,
      waitMs: 0,
    }),
    inTurn: createInTurn({
      atOnce: LOGINS_OF_ADDRESS,
      waiting: config.limits.waitingLogins,
      waitMs: config.limits.waitingLoginMs,
    }),
    deviceCookie: createDeviceCookie({
      secure: config.secureCookies,
      indexKey: config.store.keyring.index,
    }),
    sessions: config.sessions,
    checkToken,
    checkSession: createSessionChecker(checkToken, cookie),
    checkSessionNow: createInstantChecker({ store, idle }, cookie),
    audit,
    lifecycle,
    revision,
  }
}

async function end(
  app: FastifyInstance,
  admin: FastifyInstance | null,
  lifecycle: ReturnType<typeof createLifecycle>,
  drainMs: number,
) {
  lifecycle.drain()
  const giveUp = setTimeout(lifecycle.abandon, GIVE_UP_MS)
  const cut = setTimeout(() => {
    for (const each of [app, admin]) each?.server.closeAllConnections()
  }, CUT_MS)
  try {
    if (app.server.listening) await sleep(drainMs)
    await Promise.all([app.close(), admin?.close()])
  } finally {
    clearTimeout(giveUp)
    clearTimeout(cut)
    lifecycle.abandon()
  }
}
