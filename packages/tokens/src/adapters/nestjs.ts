import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  ForbiddenException,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common'
import type { Session } from '../store/api/verification.ts'
import { createExchanges, type Exchange } from '../web/exchange.ts'
import { bodyOf, isRefusal, type Refusal } from '../web/refusals.ts'
import type { LoginRequest, WebSessionsOptions } from '../web/web-sessions.ts'

/** A request of the platform: Express or Fastify. */
export type NestRequest = Pick<IncomingMessage, 'headers'>
/** A response of the platform: `@Res({ passthrough: true })`. */
export type NestResponse =
  | Pick<ServerResponse, 'appendHeader'>
  | { raw: ServerResponse; header(name: string, value: string): unknown }

export interface Sessions {
  /** A guard for routes that need a session. It throws 401 without one, and 503 while the store cannot answer. */
  readonly guard: CanActivate
  /** A guard for routes that also serve requests without a session. It throws 503 only. */
  readonly optionalGuard: CanActivate
  /**
   * Starts a session, ends the one that its cookie replaces, and sets the cookie. Throws a `ServiceUnavailableException`
   * if the store does not acknowledge it, and a `ForbiddenException` for a page of another site.
   */
  login(request: NestRequest, response: NestResponse, login: LoginRequest): Promise<Session>
  /** Ends the session of the request and removes the cookie. Throws as `login`: the cookie stays then. */
  logout(request: NestRequest, response: NestResponse): Promise<boolean>
  /** Gives the session a new token, and sets the cookie. Returns null without a session. Throws as `login`. */
  rotate(
    request: NestRequest,
    response: NestResponse,
    options?: { remember?: boolean },
  ): Promise<Session | null>
}

const FOUND = new WeakMap<object, Session | null>()

/** The session that a guard found for a request, or that a later login set; null without one. */
export const sessionOf = (request: NestRequest): Session | null => FOUND.get(request) ?? null

/** A parameter of a handler behind a guard: its session, or null. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessionOf(context.switchToHttp().getRequest<NestRequest>()),
)

/** Creates the guards of an application, and its logins and logouts. Throws `INVALID_OPTION`. */
export function sessions(options: WebSessionsOptions): Sessions {
  const exchanges = createExchanges(options)

  const createGuard = (required: boolean): CanActivate => ({
    async canActivate(context) {
      const http = context.switchToHttp()
      const request = http.getRequest<NestRequest>()
      const { refusal, session } = await exchanges.admit(request.headers, required)
      if (refusal !== null) throw exceptionOf(refusal, http.getResponse<NestResponse>())
      FOUND.set(request, session)
      return true
    },
  })

  const exchange = (request: NestRequest, response: NestResponse): Exchange => ({
    request: { headers: request.headers },
    setCookie: (value) => addHeader(response, 'set-cookie', value),
    setSession: (session) => void FOUND.set(request, session),
  })

  return {
    guard: createGuard(true),
    optionalGuard: createGuard(false),
    login: (request, response, login) =>
      excepting(response, exchanges.login(exchange(request, response), login)),
    logout: (request, response) => excepting(response, exchanges.logout(exchange(request, response))),
    rotate: (request, response, rotation) =>
      excepting(response, exchanges.rotate(exchange(request, response), rotation)),
  }
}

const EXCEPTIONS = {
  401: UnauthorizedException,
  403: ForbiddenException,
  503: ServiceUnavailableException,
} as const

/** The exception for a refusal. An exception of NestJS carries no headers, so they are set on the response. */
function exceptionOf(refusal: Refusal, response: NestResponse, cause?: unknown): Error {
  for (const [name, value] of Object.entries(refusal.headers)) addHeader(response, name, value)
  return new EXCEPTIONS[refusal.status](bodyOf(refusal), { cause })
}

async function excepting<T>(response: NestResponse, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isRefusal(error)) throw exceptionOf(error, response, error.cause)
    throw error
  }
}

function addHeader(response: NestResponse, name: string, value: string): void {
  if ('raw' in response) response.header(name, value)
  else response.appendHeader(name, value)
}
