import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Session } from '../store/api/verification.ts'
import { createExchanges, type Exchange } from '../web/exchange.ts'
import { isRefusal, type Refusal, toResponse } from '../web/refusals.ts'
import type { LoginRequest, WebSessionsOptions } from '../web/web-sessions.ts'

export interface SessionsOptions extends WebSessionsOptions {
  /** Whether a request without a session receives a 401. Default is false. */
  required?: boolean
}

/** For `new Hono<SessionEnv>()`: `c.get('session')` is a session or null. */
export interface SessionEnv {
  Variables: { session: Session | null }
}

/** All errors are an `HTTPException` with a response: 503 with `Retry-After`, 403 for a page of another site, 401. */
export type SessionsMiddleware = MiddlewareHandler<SessionEnv> & {
  /**
   * Starts a session, ends the one that its cookie replaces, and sets the cookie. Throws 503 if the store does not
   * acknowledge it, and 403.
   */
  login(c: Context, login: LoginRequest): Promise<Session>
  /** Ends the session of the request and removes the cookie. Throws as `login`: the cookie stays then. */
  logout(c: Context): Promise<boolean>
  /** Gives the session a new token, and sets the cookie. Returns null without a session. Throws as `login`. */
  rotate(c: Context, options?: { remember?: boolean }): Promise<Session | null>
}

/**
 * Creates middleware that reads the cookie or bearer token of a request: `c.get('session')` is its session, or null. If
 * the store cannot determine the state, it throws an `HTTPException` with a 503 and does not touch the cookie. Throws
 * `INVALID_OPTION`.
 */
export function sessions({ required = false, ...options }: SessionsOptions): SessionsMiddleware {
  const exchanges = createExchanges(options)

  const middleware: MiddlewareHandler<SessionEnv> = async (c, next) => {
    const { refusal, session } = await exchanges.admit(c.req.raw.headers, required)
    if (refusal !== null) throw exceptionOf(refusal)
    c.set('session', session)
    await next()
  }

  const exchange = (c: Context): Exchange => ({
    request: c.req.raw,
    setCookie: (value) => c.header('set-cookie', value, { append: true }),
    setSession: (session) => c.set('session', session),
  })
  return Object.assign(middleware, {
    login: (c: Context, login: LoginRequest) => excepting(exchanges.login(exchange(c), login)),
    logout: (c: Context) => excepting(exchanges.logout(exchange(c))),
    rotate: (c: Context, options?: { remember?: boolean }) =>
      excepting(exchanges.rotate(exchange(c), options)),
  })
}

const exceptionOf = (refusal: Refusal, cause?: unknown) =>
  new HTTPException(refusal.status, { res: toResponse(refusal), message: refusal.message, cause })

async function excepting<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isRefusal(error)) throw exceptionOf(error, error.cause)
    throw error
  }
}
