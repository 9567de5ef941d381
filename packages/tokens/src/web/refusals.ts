import { CrossSiteError, StoreUnavailableError } from '../errors.ts'

/** Why a request is refused, as an HTTP response: it names no host and contains no secret. */
export interface Refusal {
  readonly status: 401 | 403 | 503
  readonly code: string
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

const NO_STORE = { 'cache-control': 'no-store' }

/** INV-TOKENS-44: the user stays logged in. */
export const UNAVAILABLE: Refusal = {
  status: 503,
  code: 'STORE_UNAVAILABLE',
  message: 'Logins cannot be checked at the moment. You are still logged in; try again in a moment.',
  headers: { ...NO_STORE, 'retry-after': '1' },
}

/** RFC 6750, section 3: the response to a request without a token contains no error code. */
export const NO_TOKEN: Refusal = {
  status: 401,
  code: 'NO_TOKEN',
  message: 'You are not logged in: the request contains no token.',
  headers: { ...NO_STORE, 'www-authenticate': 'Bearer' },
}

export const INVALID_TOKEN: Refusal = {
  status: 401,
  code: 'INVALID_TOKEN',
  message: 'The session has ended; log in again.',
  headers: { ...NO_STORE, 'www-authenticate': 'Bearer error="invalid_token"' },
}

/**
 * A login, logout or rotation was not acknowledged. `cause` is the error of the store, for a log; this error is for the
 * client. Express, Fastify and Koa answer it by themselves, with its status, its headers and its message.
 */
export class SessionUnavailableError extends StoreUnavailableError implements Refusal {
  readonly status = 503
  readonly statusCode = 503
  readonly expose = true
  readonly headers = UNAVAILABLE.headers

  constructor(cause: unknown) {
    super('The server could not confirm this at the moment. Try again in a moment.', { cause })
  }
}

/** Whether an error is the refusal of a request, which a framework may need in a form of its own. */
export const isRefusal = (error: unknown): error is Error & Refusal =>
  error instanceof SessionUnavailableError || error instanceof CrossSiteError

/** The body of a refusal, to be sent as JSON. */
export const bodyOf = ({ code, message }: Refusal) => ({ error: { code, message } })

/** A refusal as a `Response`. */
export const toResponse = (refusal: Refusal): Response =>
  Response.json(bodyOf(refusal), { status: refusal.status, headers: refusal.headers })
