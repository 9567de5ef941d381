import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvalidOptionError } from '../errors.ts'
import type { Session } from '../store/api/verification.ts'
import { createExchanges, type Exchange } from '../web/exchange.ts'
import { bodyOf, type Refusal } from '../web/refusals.ts'
import type { LoginRequest, WebSessionsOptions } from '../web/web-sessions.ts'
import { putSession, readSession, requireFree } from './session-property.ts'

export interface SessionsOptions extends WebSessionsOptions {
  /**
   * The property of the request for the session. Default is `session`. If the application also uses
   * express-session, cookie-session or another middleware with `request.session`, choose another name, such as
   * `login`: two on one property fail with `SESSION_CONFLICT`.
   */
  property?: string
  /** Whether a request without a session receives a 401. Default is false. */
  required?: boolean
}

/** A request after the middleware, with the default `property`: its session, or null if it has none. */
export interface RequestWithSession {
  session: Session | null
}

/** Works with Express 5 and 4, and with any framework that calls `(request, response, next)`. */
export type SessionsMiddleware = SessionActions &
  ((request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => Promise<void>)

export interface SessionActions {
  /** The session that the middleware found, or that a later login set; null without one. */
  sessionOf(request: IncomingMessage): Session | null

  /**
   * Starts a session, ends the one that its cookie replaces, and sets the cookie. Throws `STORE_UNAVAILABLE` (503) if
   * the store does not acknowledge it, and `CROSS_SITE` (403): Express answers both by itself.
   */
  login(request: IncomingMessage, response: ServerResponse, login: LoginRequest): Promise<Session>

  /**
   * Ends the session of the request and removes the cookie. Returns whether there was a live one. Throws as `login`: the
   * cookie stays then.
   */
  logout(request: IncomingMessage, response: ServerResponse): Promise<boolean>

  /** Gives the session of the request a new token, and sets the cookie. Returns null without a session. Throws as `login`. */
  rotate(
    request: IncomingMessage,
    response: ServerResponse,
    options?: { remember?: boolean },
  ): Promise<Session | null>
}

/** Excludes `__proto__`. */
const PROPERTY = /^[A-Za-z$][\w$]*$/

/**
 * Creates middleware that reads the cookie or bearer token of a request and sets `request.session` to its session,
 * or to null. It also extends sessions in use, so that they do not expire as idle. If the store cannot determine
 * the state, the middleware answers 503 with `Retry-After` and does not touch the cookie: an outage does not log
 * users out. If another middleware uses the same property, it passes `SESSION_CONFLICT` to the next error handler.
 * Throws `INVALID_OPTION`.
 */
export function sessions(options: SessionsOptions): SessionsMiddleware {
  const exchanges = createExchanges(options)
  const { required = false } = options
  const property = checkProperty(options.property ?? 'session')

  async function middleware(
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): Promise<void> {
    try {
      requireFree(request, property)
      const { refusal, session } = await exchanges.admit(request.headers, required)
      if (refusal !== null) {
        refuse(response, refusal)
        return
      }
      // Fails if another middleware set the property while the token was being verified.
      putSession(request, property, session)
    } catch (error) {
      next(error)
      return
    }
    next()
  }

  function exchange(request: IncomingMessage, response: ServerResponse): Exchange {
    requireFree(request, property)
    return {
      request: { headers: request.headers },
      setCookie: (value) => void response.appendHeader('set-cookie', value),
      setSession: (session) => putSession(request, property, session),
    }
  }

  const actions: SessionActions = {
    sessionOf: (request) => readSession(request, property),
    login: async (request, response, login) => exchanges.login(exchange(request, response), login),
    logout: async (request, response) => exchanges.logout(exchange(request, response)),
    rotate: async (request, response, options) => exchanges.rotate(exchange(request, response), options),
  }
  return Object.assign(middleware, actions)
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, {
    ...refusal.headers,
    'content-type': 'application/json; charset=utf-8',
  })
  response.end(JSON.stringify(bodyOf(refusal)))
}

function checkProperty(name: unknown): string {
  if (typeof name === 'string' && PROPERTY.test(name)) return name
  throw new InvalidOptionError(`\`property\` must be a name such as "login", got ${JSON.stringify(name)}.`)
}
