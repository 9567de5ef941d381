import { createIdleExtender, type TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import type { AuditLog } from '../audit/audit.ts'
import type { FairQueue } from '../base/fair-queue.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import { loggableError } from '../base/log.ts'
import { rateLimitedLog } from '../base/throttles.ts'
import type { SessionsConfig } from '../config/logins.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { createSessionCookie, type SessionCookie } from '../http/credential.ts'
import { createOriginCheck, type OriginCheck } from '../http/origin.ts'
import { safeReturnTo } from '../http/return-to.ts'
import { FLOW_LIFETIME_MS } from '../identities/oidc/flow.ts'
import type { LoginWays, OidcLogin } from '../identities/oidc/login.ts'
import { openIdentities } from '../identities/open.ts'
import { createDeviceCookie, type DeviceCookie } from '../limits/device-cookie.ts'
import { createGuessLimit } from '../limits/guess-limit.ts'
import { createLoginLimits, type LoginLimits } from '../limits/login-limits.ts'
import { createLoginQueue } from '../limits/login-queue.ts'
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
import type { PasswordChange } from '../users/change-password.ts'

/** The parts that the routes use. */
export interface Services {
  /** The gateway's name. */
  server: string
  store: TokenStore
  cookie: SessionCookie
  originProblem: OriginCheck
  /** Checks a name and a password; null when password logins are not configured. */
  authenticate: Authenticate | null
  /** The change of passwords by users of the users file; null without one. */
  passwordChange: PasswordChange | null
  /** The login at an OpenID Connect provider; null without one. */
  oidc: OidcLogin | null
  /** The ways to log in, for the page. */
  loginWays: LoginWays
  /** Turns a requested return address into a safe one: see `safeReturnTo`. */
  returnTo: (asked: unknown) => string
  loginLimits: LoginLimits
  providerLimits: ProviderLimits
  /** Logins wait here for their turn, by network. Logins that find no place are rejected without being counted. */
  loginQueue: FairQueue
  /** The same for browsers that are known to the account, by account: no flood of strangers delays them. */
  knownBrowserQueue: FairQueue
  deviceCookie: DeviceCookie
  sessions: SessionsConfig
  checkSession: CheckSession
  checkCachedSession: CheckCachedSession
  checkToken: CheckToken
  audit: AuditLog
  lifecycle: Lifecycle
  /** True for the id of a client that may introspect tokens: such a client may be the audience of a token. */
  isAudience(client: string): boolean
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
  const cookie = createSessionCookie({ secure: config.secureCookies, domain: config.cookieDomain })
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
  const { attempts, signal, onFailure } = limitOptions
  const limit = config.loginLimits.maxConsecutiveFailures
  const guesses = createGuessLimit({ attempts, limit, signal, onFailure })
  return {
    server: config.name,
    store,
    cookie,
    originProblem: createOriginCheck({ audit, cookie, log }),
    ...(await openIdentities(config, store, guesses, log, inUse)),
    returnTo: (asked) => safeReturnTo(asked, config.returnOrigins),
    loginLimits: createLoginLimits(limitOptions),
    providerLimits: createProviderLimits({ ...limitOptions, flowLifetimeMs: FLOW_LIFETIME_MS }),
    loginQueue: createLoginQueue(config),
    knownBrowserQueue: createLoginQueue(config),
    deviceCookie: createDeviceCookie({
      secure: config.secureCookies,
      keyring: () => inUse().store.keyring,
    }),
    sessions: config.sessions,
    checkToken,
    checkSession: createSessionChecker(checkToken, cookie),
    checkCachedSession: createCachedChecker({ store, idle }, cookie),
    audit,
    lifecycle,
    isAudience: (client) =>
      inUse().oauth?.clients.some(({ id, may }) => id === client && may.includes('introspect')) === true,
    revision: () => inUse().revision,
  }
}
