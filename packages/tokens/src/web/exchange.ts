import type { Session } from '../store/api/verification.ts'
import type { RequestHeaders, WebRequest } from './headers.ts'
import type { Refusal } from './refusals.ts'
import {
  type Authentication,
  createWebSessions,
  type LoginRequest,
  refusalOf,
  type WebSessionsOptions,
} from './web-sessions.ts'

/** A request with its response: what the adapter of a framework tells the core about them. */
export interface Exchange {
  request: WebRequest
  /** Adds a header `Set-Cookie` to the response, beside others. */
  setCookie(value: string): void
  /** Lets the handlers of the application see another session from now on. */
  setSession(session: Session | null): void
}

/** The state of a request, and whether it may pass. */
interface Admission {
  authentication: Authentication
  session: Session | null
  /** The answer that the request gets instead; null if it may pass. */
  refusal: Refusal | null
}

/** What an adapter offers. Logins, logouts and rotations throw as the core does, and change nothing then. */
export interface Exchanges {
  /** `required`: whether a request without a session is refused. */
  admit(headers: RequestHeaders, required: boolean): Promise<Admission>
  login(exchange: Exchange, login: LoginRequest): Promise<Session>
  /** Whether there was a live session. */
  logout(exchange: Exchange): Promise<boolean>
  /** The session under its new token; null if there is none to continue. */
  rotate(exchange: Exchange, options?: { remember?: boolean }): Promise<Session | null>
}

/** Throws `INVALID_OPTION`. */
export function createExchanges(options: WebSessionsOptions): Exchanges {
  const web = createWebSessions(options)
  return {
    async admit(headers, required) {
      const authentication = await web.authenticate(headers)
      const session = authentication.status === 'active' ? authentication.session : null
      return { authentication, session, refusal: refusalOf(authentication, required) }
    },

    async login(exchange, login) {
      const { session, setCookie } = await web.login(exchange.request, login)
      exchange.setCookie(setCookie)
      exchange.setSession(session)
      return session
    },

    async logout(exchange) {
      const { revoked, setCookie } = await web.logout(exchange.request)
      if (setCookie !== null) exchange.setCookie(setCookie)
      exchange.setSession(null)
      return revoked
    },

    async rotate(exchange, options) {
      const rotated = await web.rotate(exchange.request, options)
      const session = rotated.status === 'active' ? rotated.session : null
      if (rotated.status === 'active' && rotated.setCookie !== null) exchange.setCookie(rotated.setCookie)
      exchange.setSession(session)
      return session
    },
  }
}
