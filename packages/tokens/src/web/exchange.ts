import type { Session } from '../store/api/verification.ts'
import type { WebRequest } from './headers.ts'
import type { LoginRequest, WebSessions } from './web-sessions.ts'

/** A request with its response: what the adapter of a framework tells the core about them. */
export interface Exchange {
  request: WebRequest
  /** Adds a header `Set-Cookie` to the response, beside others. */
  setCookie(value: string): void
  /** Lets the handlers of the application see another session from now on. */
  setSession(session: Session | null): void
}

/** Logins, logouts and rotations as an adapter offers them. Each throws as the core does, and changes nothing then. */
export interface Exchanges {
  login(exchange: Exchange, login: LoginRequest): Promise<Session>
  /** Whether there was a live session. */
  logout(exchange: Exchange): Promise<boolean>
  /** The session under its new token; null if there is none to continue. */
  rotate(exchange: Exchange, options?: { remember?: boolean }): Promise<Session | null>
}

export function createExchanges(web: WebSessions): Exchanges {
  return {
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
