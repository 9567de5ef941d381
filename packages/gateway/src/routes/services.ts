import type { TokenStore } from '@holdfast/tokens'
import type { SessionCookie } from '../http/cookies.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { Audit } from '../sessions/audit.ts'
import type { CheckSession } from '../sessions/checker.ts'
import type { Authenticate } from '../users/authenticate.ts'

/** What the routes work with. */
export interface Services {
  /** The gateway's name. */
  server: string
  store: TokenStore
  cookie: SessionCookie
  authenticate: Authenticate
  checkSession: CheckSession
  audit: Audit
  lifecycle: Lifecycle
}
