import type { FastifyPluginCallback, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import { SessionConflictError } from '../errors.ts'
import type { Session } from '../store/api/verification.ts'
import { createExchanges, type Exchange } from '../web/exchange.ts'
import { bodyOf, INVALID_TOKEN, NO_TOKEN, type Refusal } from '../web/refusals.ts'
import type { LoginRequest, WebSessionsOptions } from '../web/web-sessions.ts'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Starts a session, ends the one that its cookie replaces, and sets the cookie. Throws `STORE_UNAVAILABLE` (503) if
     * the store does not acknowledge it, and `CROSS_SITE` (403): Fastify answers both by itself.
     */
    login(login: LoginRequest): Promise<Session>
    /** Ends the session of the request and removes the cookie. Throws as `login`: the cookie stays then. */
    logout(): Promise<boolean>
    /** Gives the session a new token, and sets the cookie. Returns null without a session. Throws as `login`. */
    rotate(options?: { remember?: boolean }): Promise<Session | null>
  }
}

export interface SessionsOptions extends WebSessionsOptions {
  /**
   * The property of the request for the session. Default is `session`. Beside `@fastify/session`, which uses that, too,
   * choose another one, such as `user`.
   */
  property?: string
}

/** What the plugin found for each request. */
const FOUND = new WeakMap<FastifyRequest, { session: Session | null; hadToken: boolean }>()

/**
 * A plugin that reads the cookie or bearer token of each request: `request.session` is its session, or null. It adds
 * `reply.login()`, `reply.logout()` and `reply.rotate()`. If the store cannot determine the state, it answers 503 with
 * `Retry-After` and does not touch the cookie. If another plugin uses the same property, the application fails to start.
 */
export const sessions: FastifyPluginCallback<SessionsOptions> = Object.assign(plugin, {
  // The decorators and the hook are for the scope that registers the plugin, as with fastify-plugin.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@holdfast/tokens',
  [Symbol.for('plugin-meta')]: { name: '@holdfast/tokens', fastify: '5.x' },
})

function plugin(
  ...[app, { property = 'session', ...options }, done]: Parameters<FastifyPluginCallback<SessionsOptions>>
): void {
  const exchanges = createExchanges(options)
  if (app.hasRequestDecorator(property)) {
    const text = `Another plugin, such as @fastify/session, uses \`request.${property}\` too. `
    done(new SessionConflictError(`${text}Give this one a property of its own: \`property: 'user'\`.`))
    return
  }
  app.decorateRequest(property, null)

  app.addHook('onRequest', async (request, reply) => {
    const { authentication, refusal, session } = await exchanges.admit(request.headers, false)
    if (refusal !== null) return refuse(reply, refusal)
    setSession(request, session, authentication.status !== 'none')
    return
  })

  function setSession(request: FastifyRequest, session: Session | null, hadToken: boolean) {
    FOUND.set(request, { session, hadToken })
    request.setDecorator(property, session)
  }

  const exchange = (reply: FastifyReply): Exchange => ({
    request: reply.request,
    setCookie: (value) => void reply.header('set-cookie', value),
    setSession: (session) => setSession(reply.request, session, true),
  })
  app.decorateReply('login', function login(this: FastifyReply, request: LoginRequest) {
    return exchanges.login(exchange(this), request)
  })
  app.decorateReply('logout', function logout(this: FastifyReply) {
    return exchanges.logout(exchange(this))
  })
  app.decorateReply('rotate', function rotate(this: FastifyReply, options) {
    return exchanges.rotate(exchange(this), options)
  })
  done()
}

/** The session of a request, for applications that do not import the types of `request.session`. */
export const sessionOf = (request: FastifyRequest): Session | null => FOUND.get(request)?.session ?? null

/** A hook for routes that need a session: `{ preHandler: requireSession }`. Answers 401 without one. */
export const requireSession: preHandlerHookHandler = (request, reply, done) => {
  const found = FOUND.get(request)
  if (found !== undefined && found.session !== null) done()
  else refuse(reply, found?.hadToken ? INVALID_TOKEN : NO_TOKEN)
}

function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return reply
    .code(refusal.status)
    .headers(refusal.headers)
    .type('application/json; charset=utf-8')
    .send(bodyOf(refusal))
}
