import { createContext, type MiddlewareFunction, type RouterContextProvider } from 'react-router'
import type { Session } from '../store/api/verification.ts'
import { createExchanges, type Exchange } from '../web/exchange.ts'
import { isRefusal, type Refusal, toResponse } from '../web/refusals.ts'
import {
  type Authentication,
  type LoginRequest,
  refusalOf,
  type WebSessionsOptions,
} from '../web/web-sessions.ts'

/** The arguments of a loader or an action. */
export interface RouteArgs {
  request: Request
  context: Readonly<RouterContextProvider>
}

export interface Sessions {
  /** For `middleware` of the root route. Without a session, `context.get(sessionContext)` is null. */
  readonly middleware: MiddlewareFunction<Response>
  /** For `middleware` of routes that need a session, below the root route: answers 401 without one. */
  readonly required: MiddlewareFunction<Response>
  /**
   * In an action: starts a session and ends the one that its cookie replaces. The middleware sets the cookie. Throws a
   * response: 503 if the store does not acknowledge it, 403 for a page of another site.
   */
  login(args: RouteArgs, login: LoginRequest): Promise<Session>
  /** In an action: ends the session of the request and removes the cookie. Throws as `login`: the cookie stays then. */
  logout(args: RouteArgs): Promise<boolean>
  /** In an action: gives the session a new token. Returns null without a session. Throws as `login`. */
  rotate(args: RouteArgs, options?: { remember?: boolean }): Promise<Session | null>
}

/** The session of a request, or null. */
export const sessionContext = createContext<Session | null>(null)

const authenticationContext = createContext<Authentication>({ status: 'none' })

/** Headers for the response: a thrown response becomes an error page, which has none of its headers. */
const headersContext = createContext<[name: string, value: string][] | null>(null)

/**
 * Creates the middleware of an application, and its logins and logouts. It does not use `createSessionStorage`, which
 * keeps the id of an old cookie at a login. While the store cannot answer, the middleware answers 503 and leaves the
 * cookie alone. Throws `INVALID_OPTION`.
 */
export function sessions(options: WebSessionsOptions): Sessions {
  const exchanges = createExchanges(options)

  const exchange = ({ request, context }: RouteArgs): Exchange => ({
    request,
    setCookie: (value) => addHeaders(context, { 'set-cookie': value }),
    setSession: (session) => context.set(sessionContext, session),
  })

  return {
    async middleware({ request, context }, next) {
      const { authentication, refusal, session } = await exchanges.admit(request.headers, false)
      if (refusal !== null) return toResponse(refusal)
      context.set(authenticationContext, authentication)
      context.set(sessionContext, session)
      const headers: [string, string][] = []
      context.set(headersContext, headers)
      const response = await next()
      for (const [name, value] of headers) {
        if (name === 'set-cookie') response.headers.append(name, value)
        else response.headers.set(name, value)
      }
      return response
    },
    async required({ context }) {
      const authentication = context.get(authenticationContext)
      const refusal = context.get(sessionContext) === null ? refusalOf(authentication, true) : null
      return refusal === null ? undefined : toResponse(refusal)
    },
    login: (args, login) => throwing(args, exchanges.login(exchange(args), login)),
    logout: (args) => throwing(args, exchanges.logout(exchange(args))),
    rotate: (args, rotation) => throwing(args, exchanges.rotate(exchange(args), rotation)),
  }
}

function addHeaders(context: RouteArgs['context'], headers: Refusal['headers']): void {
  const added = context.get(headersContext)
  if (added === null) {
    throw new Error('The route has no sessions: add their `middleware` to `middleware` of the root route.')
  }
  added.push(...Object.entries(headers))
}

async function throwing<T>({ context }: RouteArgs, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!isRefusal(error)) throw error
    addHeaders(context, error.headers)
    throw toResponse(error)
  }
}
