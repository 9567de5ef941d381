import type { TokenStore } from '@holdfast/tokens'
import type { AuditLog } from '../audit/audit.ts'
import type { SessionsConfig } from '../config/sessions.ts'
import type { SessionCookie } from '../http/cookies.ts'
import type { LoginWays, OidcLogin } from '../identities/oidc/login.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { DeviceCookie } from '../limits/device-cookie.ts'
import type { InTurn } from '../limits/in-turn.ts'
import type { LoginLimits } from '../limits/login-limits.ts'
import type { ProviderLimits } from '../limits/provider-limits.ts'
import type { CheckSession, CheckSessionNow, CheckToken } from '../sessions/checker.ts'
import type { Authenticate } from '../users/authenticate.ts'
import type { Turns } from '../users/turns.ts'

/** What the routes work with. */
export interface Services {
  /** The gateway's name. */
  server: string
  store: TokenStore
  cookie: SessionCookie
  /** Checks a name and a password; null when nobody can log in by one. */
  authenticate: Authenticate | null
  /** The login by a provider of OpenID Connect; null without one. */
  oidc: OidcLogin | null
  /** The ways to log in, for the page. */
  loginWays: LoginWays
  /** Where a browser may be sent after its login, of what was asked for: see `safeReturnTo`. */
  returnTo: (asked: unknown) => string
  loginLimits: LoginLimits
  providerLimits: ProviderLimits
  /** Keeps one address's logins from taking the turns of all others. */
  inTurn: InTurn
  /** As many logins as may have their password checked or wait for it; no more are counted. */
  loginPlaces: Turns
  deviceCookie: DeviceCookie
  sessions: SessionsConfig
  checkSession: CheckSession
  checkSessionNow: CheckSessionNow
  checkToken: CheckToken
  audit: AuditLog
  lifecycle: Lifecycle
  /** The `revision` of the configuration that is in use now; undefined when it has none. */
  revision(): string | undefined
}
