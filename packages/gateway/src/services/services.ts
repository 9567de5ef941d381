import { createIdleExtender, type TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import type { AuditLog } from '../audit/audit.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import { loggableError } from '../base/log.ts'
import { BoundedQueue, KeyedQueue } from '../base/queues.ts'
import { rateLimitedLog } from '../base/throttles.ts'
import type { SessionsConfig } from '../config/logins.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { createSessionCookie, type SessionCookie } from '../http/credential.ts'
import { safeReturnTo } from '../http/return-to.ts'
import { FLOW_LIFETIME_MS } from '../identities/oidc/flow.ts'
import type { LoginWays, OidcLogin } from '../identities/oidc/login.ts'
import { openIdentities } from '../identities/open.ts'
import { createDeviceCookie, type DeviceCookie } from '../limits/device-cookie.ts'
import { createLoginLimits, type LoginLimits } from '../limits/login-limits.ts'
import { createProviderLimits, type ProviderLimits } from '../limits/provider-limits.ts'
import {
  type CheckCachedSession,
  type CheckSession,
  type CheckToken,
  createCachedChecker,
  createSessionChecker,
  createTokenChecker,
} from '../sessions/checker.ts'
import type { Authenticate } from '../users/authenticate.ts'

/** Max logins per address that are being checked at the same time. Others of that address wait for these. */
const MAX_LOGINS_PER_ADDRESS = 2

/** The parts that the routes use. */
export interface Services {
  /** The gateway's name. */
  server: string
  store: TokenStore
  cookie: SessionCookie
  /** Checks a name and a password; null when password logins are not configured. */
  authenticate: Authenticate | null
  /** The login at an OpenID Connect provider; null without one. */
  oidc: OidcLogin | null
  /** The ways to log in, for the page. */
  loginWays: LoginWays
  /** Turns a requested return address into a safe one: see `safeReturnTo`. */
  returnTo: (asked: unknown) => string
  loginLimits: LoginLimits
  providerLimits: ProviderLimits
  /** Limits how many logins of one address are checked at the same time, so that they do not delay all others. */
  loginsPerAddress: KeyedQueue
  /** Has as many places as logins may be checked or wait for it. Further logins are rejected without being counted. */
  loginPlaces: BoundedQueue
  deviceCookie: DeviceCookie
  sessions: SessionsConfig
  checkSession: CheckSession
  checkCachedSession: CheckCachedSession
  checkToken: CheckToken
  audit: AuditLog
  lifecycle: Lifecycle
  /** The `revision` of the configuration in use; undefined when it has none. */
  revision(): string | undefined
}

/**
 * Builds the services of a gateway process. `inUse` returns the configuration with its live changes. Throws
 * `FILE_UNUSABLE` or `USERS_INVALID`.
 */
export async function createServices(
  config: GatewayConfig,
  store: TokenStore,
  lifecycle: Services['lifecycle'],
  log: FastifyBaseLogger,
  audit: Services['audit'],
  inUse: () => GatewayConfig,
): Promise<Services> {
  const cookie = createSessionCookie({ secure: config.secureCookies })
  const logTouchFailure = rateLimitedLog()
  const logUnavailable = rateLimitedLog()
  const logGiveBackFailure = rateLimitedLog()
  const idle = createIdleExtender({
    store,
    idleMs: config.store.idleMs,
    signal: lifecycle.giveUp,
    onFailure: (error) =>
      logTouchFailure((heldBack) =>
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
      logUnavailable((heldBack) =>
        log.warn({ event: 'verify-unavailable', cause, heldBack }, 'A token could not be verified'),
      ),
  })
  const limitOptions = {
    attempts: store.attempts,
    config: config.loginLimits,
    signal: lifecycle.giveUp,
    onFailure: (error: unknown) =>
      logGiveBackFailure((heldBack) =>
        log.warn(
          { event: 'give-back-failed', err: loggableError(error), heldBack },
          'A successful login still counts as an attempt, because its refund failed',
        ),
      ),
  }
  return {
    server: config.name,
    store,
    cookie,
    ...(await openIdentities(config, store, log, inUse)),
    returnTo: (asked) => safeReturnTo(asked, config.returnOrigins),
    loginLimits: createLoginLimits(limitOptions),
    providerLimits: createProviderLimits({ ...limitOptions, flowLifetimeMs: FLOW_LIFETIME_MS }),
    loginPlaces: new BoundedQueue({
      maxRunning: config.limits.passwordChecks + config.limits.waitingLogins,
      maxWaiting: 0,
      maxWaitMs: 0,
    }),
    loginsPerAddress: new KeyedQueue({
      maxRunning: MAX_LOGINS_PER_ADDRESS,
      maxWaiting: config.limits.waitingLogins,
      maxWaitMs: config.limits.waitingLoginMs,
    }),
    deviceCookie: createDeviceCookie({
      secure: config.secureCookies,
      indexKey: config.store.keyring.index,
    }),
    sessions: config.sessions,
    checkToken,
    checkSession: createSessionChecker(checkToken, cookie),
    checkCachedSession: createCachedChecker({ store, idle }, cookie),
    audit,
    lifecycle,
    revision: () => inUse().revision,
  }
}
