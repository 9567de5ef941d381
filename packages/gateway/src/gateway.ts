import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { openAdmin } from './admin/server.ts'
import type { AuditLog } from './audit/audit.ts'
import { createLifecycle } from './base/lifecycle.ts'
import type { LogStream } from './base/log.ts'
import type { GatewayConfig } from './config/schema.ts'
import { type ListenOptions, listen } from './http/listen.ts'
import { createServer, limitServer } from './http/server.ts'
import { watchForUntrustedProxies } from './http/untrusted-proxies.ts'
import type { Metrics } from './metrics/metrics.ts'
import { metricsRoute } from './metrics/prometheus.ts'
import { type KnownRoute, rememberRoutes } from './openapi/document.ts'
import { GATEWAY_ABOUT, openApiRoute } from './openapi/route.ts'
import { healthRoutes } from './routes/health.ts'
import { healthzRoute } from './routes/healthz.ts'
import { homeRoute } from './routes/home.ts'
import { loginRoute } from './routes/login.ts'
import { logoutRoute } from './routes/logout.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { oidcRoutes } from './routes/oidc.ts'
import { passwordRoutes } from './routes/password.ts'
import { sessionRoutes } from './routes/session.ts'
import { ownSessionsRoutes } from './routes/sessions.ts'
import { verifyRoutes } from './routes/verify.ts'
import { openRecords, type RecordsOptions } from './services/records.ts'
import { createServices } from './services/services.ts'
import { traceRequests } from './traces/requests.ts'
import type { Tracing } from './traces/tracing.ts'

/** Time from the stop signal until waiting logins give up, and until connections are cut (in milliseconds). */
const GIVE_UP_MS = 3400
const CUT_MS = 4000

/** One gateway with its store. */
export interface Gateway {
  /** Starts to listen, first for administrators, and returns the URL. Throws `LISTEN_FAILED`. */
  listen(options?: ListenOptions): Promise<string>
  /**
   * Ends within five seconds. First `/readyz` answers 503; after `limits.drainMs` no new connection is accepted; pending
   * requests are finished, and logins that still wait for the store get 503. The store stays open, because the caller
   * owns it.
   */
  close(): Promise<void>
  /**
   * Checks whether the live keys of a new configuration can be applied, and returns the function that applies them. The
   * store's keys are up to its owner. Throws `FILE_UNUSABLE` when the new audit log cannot be written.
   */
  prepare(config: GatewayConfig): Promise<() => void>
  /** The gateway's log. */
  log: FastifyBaseLogger
  audit: AuditLog
  metrics: Metrics
  /** Its server, to send requests to without a socket. */
  app: FastifyInstance
  /** The routes of `app`. */
  routes: readonly KnownRoute[]
  /** The server of the admin API; null when it is not configured. */
  admin: Pick<Gateway, 'app' | 'routes'> | null
}

export interface GatewayOptions extends RecordsOptions {
  /** The state of the data centre as seen from outside of the gateway, for the admin API. */
  clusterView?: () => Promise<unknown>
  logStream?: LogStream
  tracing?: Tracing | null
  /** Problems of a usable configuration file: reasons for a degraded health. */
  configurationWarnings?: () => string[]
}

/**
 * Builds a gateway for a token store. The log goes to stdout, one JSON object per line, unless `logStream` is set. Throws
 * `FILE_UNUSABLE` or `USERS_INVALID` when the users file is not usable.
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
  const services = await createServices(config, store, lifecycle, app.log, audit, () => inUse)
  if (options.tracing) traceRequests(app, options.tracing)
  metrics.watch(app)
  const routes = rememberRoutes(app)
  homeRoute(app, services)
  passwordRoutes(app, services, loginRoute(app, services))
  oidcRoutes(app, services)
  logoutRoute(app, services)
  sessionRoutes(app, services)
  ownSessionsRoutes(app, services)
  // With tracing, each request must pass the hooks, because they start its span.
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
  const { clusterView, processNumber } = options
  const operations = { services, metrics, collectAll, administrators, clusterView }
  const admin = await openAdmin(config, operations, stream, processNumber)

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
