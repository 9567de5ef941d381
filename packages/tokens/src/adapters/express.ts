import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvalidOptionError, StoreClosedError } from '../errors.ts'
import { createIdleExtender } from '../idle.ts'
import { checkLifetime } from '../store/limits.ts'
import type { TokenStore } from '../store/store.ts'
import type { Active, Session, Verification } from '../store/verification.ts'
import { readToken } from './request-token.ts'
import { putSession, requireFree } from './session-property.ts'

export interface SessionsOptions {
  store: TokenStore
  /**
   * The cookie that carries the token. Default is `__Host-holdfast`, which a browser takes only over HTTPS, with
   * Secure and Path=/ and without Domain (RFC 6265bis, section 4.1.3.2). Without HTTPS use `holdfast`.
   */
  cookieName?: string
  /**
   * Where the session is put. Default is `session`. An application that also uses express-session, cookie-session or another
   * middleware with `request.session` names another one, such as `login`: two on one property fail, as `SESSION_CONFLICT`.
   */
  property?: string
  /** Whether a request without a session is answered 401. Default is false. */
  required?: boolean
  /**
   * The idle lifetime that a session in use is extended to (in milliseconds). Set it as the store's own `idleMs`.
   * Default is 1,800,000, as the store's.
   */
  idleMs?: number
  /** Called with the reason when a request is answered 503: one sentence, without a secret. */
  onUnavailable?: (cause: string) => void
  /** Called with the reason when a session could not be extended. A later request tries again. */
  onNotExtended?: (error: unknown) => void
}

/** A request behind the middleware, with the default `property`: its session, or null when it has none. */
export interface RequestWithSession {
  session: Session | null
}

/** Fits Express 5 and 4, and whatever else calls `(request, response, next)`. */
export type SessionsMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

const DEFAULT_COOKIE_NAME = '__Host-holdfast'
const DEFAULT_IDLE_MS = 30 * 60 * 1000
/** Not `__proto__`. */
const PROPERTY = /^[A-Za-z$][\w$]*$/
/** RFC 9110, section 5.6.2. */
const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Middleware that puts the session of a request's cookie or bearer token on `request.session`, or null when it has
 * none, and keeps a session in use from ending idle. When the store cannot know, the middleware answers 503 with
 * `Retry-After` and leaves the cookie alone: an outage does not log users out. Where another middleware uses the
 * same property it hands `SESSION_CONFLICT` to the next error handler. Throws `INVALID_OPTION`.
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
        // A closed store knows nothing: this server is shutting down, and that is not a logout.
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
      // Another middleware has taken the property while the token was verified.
      next(error)
      return
    }
    next()
  }
}

/** Field by field: leaving one out of a copy of all is ten times as slow. */
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
    message: 'Logins cannot be looked up at the moment. Nobody was logged out; try again in a moment.',
  },
}

/** RFC 6750, section 3: a request without a token gets no error code. */
const NO_TOKEN: Refusal = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer' },
  error: { code: 'NO_TOKEN', message: 'Nobody is logged in: the request brought no token.' },
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
