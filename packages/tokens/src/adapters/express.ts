import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvalidOptionError, StoreClosedError } from '../errors.ts'
import { createIdleExtender } from '../idle.ts'
import { checkLifetime } from '../store/api/limits.ts'
import type { Active, Session, Verification } from '../store/api/verification.ts'
import type { TokenStore } from '../store/session/token-store.ts'
import { readToken } from './request-token.ts'
import { putSession, requireFree } from './session-property.ts'

export interface SessionsOptions {
  store: TokenStore
  /**
   * The cookie that contains the token. Default is `__Host-holdfast`. A browser accepts that name only over HTTPS,
   * with Secure and Path=/ and without Domain (RFC 6265bis, section 4.1.3.2). Without HTTPS use `holdfast`.
   */
  cookieName?: string
  /**
   * The property of the request for the session. Default is `session`. If the application also uses
   * express-session, cookie-session or another middleware with `request.session`, choose another name, such as
   * `login`: two on one property fail with `SESSION_CONFLICT`.
   */
  property?: string
  /** Whether a request without a session receives a 401. Default is false. */
  required?: boolean
  /**
   * The idle lifetime that a session in use is extended to (in milliseconds). Set it to the `idleMs` of the store.
   * Default is 1,800,000, as in the store.
   */
  idleMs?: number
  /** Called with the reason if a request receives a 503: one sentence, without a secret. */
  onUnavailable?: (cause: string) => void
  /** Called with the reason if a session could not be extended. A later request tries again. */
  onNotExtended?: (error: unknown) => void
}

/** A request after the middleware, with the default `property`: its session, or null if it has none. */
export interface RequestWithSession {
  session: Session | null
}

/** Works with Express 5 and 4, and with any framework that calls `(request, response, next)`. */
export type SessionsMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

const DEFAULT_COOKIE_NAME = '__Host-holdfast'
const DEFAULT_IDLE_MS = 30 * 60 * 1000
/** Excludes `__proto__`. */
const PROPERTY = /^[A-Za-z$][\w$]*$/
/** RFC 9110, section 5.6.2. */
const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Creates middleware that reads the cookie or bearer token of a request and sets `request.session` to its session,
 * or to null. It also extends sessions in use, so that they do not expire as idle. If the store cannot determine
 * the state, the middleware answers 503 with `Retry-After` and does not touch the cookie: an outage does not log
 * users out. If another middleware uses the same property, it passes `SESSION_CONFLICT` to the next error handler.
 * Throws `INVALID_OPTION`.
 */
export function sessions(options: SessionsOptions): SessionsMiddleware {
  const { store, required = false, onUnavailable = () => {}, onNotExtended = () => {} } = options
  const cookieName = checkCookieName(options.cookieName ?? DEFAULT_COOKIE_NAME)
  const property = checkProperty(options.property ?? 'session')
  const idleMs = checkLifetime('idleMs', options.idleMs ?? DEFAULT_IDLE_MS)
  const idle = createIdleExtender({ store, idleMs, onFailure: onNotExtended })

  const unavailable = (response: ServerResponse, cause: string) => {
    onUnavailable(cause)
    refuse(response, UNAVAILABLE)
  }

  return async (request, response, next) => {
    try {
      requireFree(request, property)
    } catch (error) {
      next(error)
      return
    }
    const token = readToken(request.headers, cookieName)
    let session: Session | null = null
    if (token !== null) {
      let verified: Verification
      try {
        verified = await store.verify(token)
      } catch (error) {
        // A closed store cannot answer, because this server is shutting down. That is not a logout.
        if (error instanceof StoreClosedError) unavailable(response, error.message)
        else next(error)
        return
      }
      if (verified.status === 'unavailable') {
        unavailable(response, verified.cause)
        return
      }
      if (verified.status === 'active') {
        session = sessionOf(verified)
        idle.extendWhenDue(token, session)
      }
    }
    if (session === null && required) {
      refuse(response, token === null ? NO_TOKEN : INVALID_TOKEN)
      return
    }
    try {
      putSession(request, property, session)
    } catch (error) {
      // Another middleware set the property while the token was being verified.
      next(error)
      return
    }
    next()
  }
}

/** Copies field by field: copying all fields but one takes ten times as long. */
function sessionOf({ id, subject, claims, issuedAtMs, idleUntilMs, expiresAtMs }: Active): Session {
  return { id, subject, claims, issuedAtMs, idleUntilMs, expiresAtMs }
}

interface Refusal {
  status: number
  headers: Record<string, string>
  error: { code: string; message: string }
}

const UNAVAILABLE: Refusal = {
  status: 503,
  headers: { 'retry-after': '1' },
  error: {
    code: 'STORE_UNAVAILABLE',
    message: 'Logins cannot be checked at the moment. You are still logged in; try again in a moment.',
  },
}

/** RFC 6750, section 3: the response to a request without a token contains no error code. */
const NO_TOKEN: Refusal = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer' },
  error: { code: 'NO_TOKEN', message: 'You are not logged in: the request contains no token.' },
}

const INVALID_TOKEN: Refusal = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  error: { code: 'INVALID_TOKEN', message: 'The session has ended; log in again.' },
}

function refuse(response: ServerResponse, { status, headers, error }: Refusal): void {
  response.writeHead(status, {
    ...headers,
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
  })
  response.end(JSON.stringify({ error }))
}

function checkProperty(name: unknown): string {
  if (typeof name === 'string' && PROPERTY.test(name)) return name
  throw new InvalidOptionError(`\`property\` must be a name such as "login", got ${JSON.stringify(name)}.`)
}

function checkCookieName(name: unknown): string {
  if (typeof name === 'string' && COOKIE_NAME.test(name)) return name
  throw new InvalidOptionError(
    `\`cookieName\` must be a cookie's name (RFC 6265), got ${JSON.stringify(name)}.`,
  )
}
