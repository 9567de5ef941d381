import type { Session } from '../store/api/verification.ts'
import { createExchanges, type Exchange } from '../web/exchange.ts'
import { bodyOf } from '../web/refusals.ts'
import type { LoginRequest, WebSessionsOptions } from '../web/web-sessions.ts'

/** What the adapter uses of a context of Koa 2 or 3. */
export interface KoaContext {
  headers: Readonly<Record<string, string | string[] | undefined>>
  host: string
  state: object
  status: number
  body: unknown
  set(headers: Record<string, string>): void
  append(name: string, value: string): void
}

/** For `new Koa<SessionState>()`: `ctx.state.session` is a session or null. It does not clash with `ctx.session`. */
export interface SessionState {
  session: Session | null
}

export interface SessionsOptions extends WebSessionsOptions {
  /** Whether a request without a session receives a 401. Default is false. */
  required?: boolean
}

export type SessionsMiddleware = ((ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>) & {
  /**
   * Starts a session, ends the one that its cookie replaces, and sets the cookie. Throws `STORE_UNAVAILABLE` (503) if the
   * store does not acknowledge it, and `CROSS_SITE` (403): Koa answers both by itself.
   */
  login(ctx: KoaContext, login: LoginRequest): Promise<Session>
  /** Ends the session of the request and removes the cookie. Throws as `login`: the cookie stays then. */
  logout(ctx: KoaContext): Promise<boolean>
  /** Gives the session a new token, and sets the cookie. Returns null without a session. Throws as `login`. */
  rotate(ctx: KoaContext, options?: { remember?: boolean }): Promise<Session | null>
}

/**
 * Creates middleware that reads the cookie or bearer token of a request: `ctx.state.session` is its session, or null. If
 * the store cannot determine the state, it answers 503 with `Retry-After` and does not touch the cookie. Throws
 * `INVALID_OPTION`.
 */
export function sessions({ required = false, ...options }: SessionsOptions): SessionsMiddleware {
  const exchanges = createExchanges(options)

  const exchange = (ctx: KoaContext): Exchange => ({
    request: { headers: ctx.headers, host: ctx.host },
    setCookie: (value) => ctx.append('set-cookie', value),
    setSession: (session) => void Object.assign(ctx.state, { session }),
  })

  const middleware = async (ctx: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const { refusal, session } = await exchanges.admit(ctx.headers, required)
    if (refusal === null) {
      exchange(ctx).setSession(session)
      await next()
      return
    }
    ctx.status = refusal.status
    ctx.set({ ...refusal.headers })
    ctx.body = bodyOf(refusal)
  }

  return Object.assign(middleware, {
    login: (ctx: KoaContext, login: LoginRequest) => exchanges.login(exchange(ctx), login),
    logout: (ctx: KoaContext) => exchanges.logout(exchange(ctx)),
    rotate: (ctx: KoaContext, options?: { remember?: boolean }) => exchanges.rotate(exchange(ctx), options),
  })
}
