import { HoldfastError, type InactiveReason } from '@holdfast/tokens'

/** An answer that is not what was asked for. In JSON: `{"error": {"code", "message"}}`. */
export interface Problem {
  status: number
  code: ProblemCode
  /** One or two sentences for a person; never with anything that the request brought. */
  message: string
  headers?: Readonly<Record<string, string>>
}

/** The stable codes, as scripts see them. */
type ProblemCode =
  | 'INVALID_REQUEST'
  | 'INVALID_JSON'
  | 'INVALID_CREDENTIALS'
  | 'NO_TOKEN'
  | 'INVALID_TOKEN'
  | 'CROSS_SITE'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL_ERROR'
  | 'TOO_BUSY'
  | 'STORE_UNAVAILABLE'
  | 'STORE_OVERLOADED'
  | 'STORE_FULL'

/** RFC 6750, section 3. A request without a token gets no error code. */
const CHALLENGE = 'Bearer realm="holdfast"'
const RETRY_SOON = { 'retry-after': '1' }

const problem = (
  status: number,
  code: ProblemCode,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Problem => ({ status, code, message, ...(headers ? { headers } : {}) })

export const invalidRequest = (message: string) => problem(400, 'INVALID_REQUEST', message)

/** The same for a wrong password, an unknown user and a disabled one. */
export const invalidCredentials = problem(
  401,
  'INVALID_CREDENTIALS',
  'The user name or the password is wrong.',
  { 'www-authenticate': CHALLENGE },
)

export const noToken = problem(401, 'NO_TOKEN', 'Nobody is logged in: the request brought no token.', {
  'www-authenticate': CHALLENGE,
})

export const invalidToken = (reason: InactiveReason) =>
  problem(401, 'INVALID_TOKEN', INACTIVE[reason], {
    'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${reason}"`,
  })

const INACTIVE: Record<InactiveReason, string> = {
  malformed: 'The token is malformed: it is not one of Holdfast, or was mistyped.',
  foreign: 'The token is of another data centre. Log in here to get one of this.',
  unknown: 'The token is unknown here: it was never issued, or ended long ago.',
  expired: 'The token has expired; log in again.',
  revoked: 'The token is revoked: it was logged out; log in again.',
}

export const crossSite = problem(
  403,
  'CROSS_SITE',
  'This request came from a page of another site, and was refused to protect you.',
)

export const notFound = problem(404, 'NOT_FOUND', 'There is nothing at this address.')

export const methodNotAllowed = (allowed: string[]) =>
  problem(405, 'METHOD_NOT_ALLOWED', `This address takes ${allowed.join(', ')} only.`, {
    allow: allowed.join(', '),
  })

export const requestTimeout = problem(408, 'REQUEST_TIMEOUT', 'The request took too long to arrive.')

export const headersTooLarge = problem(
  431,
  'HEADERS_TOO_LARGE',
  'The headers of the request are larger than 16 KiB.',
)

export const malformedRequest = invalidRequest('The request is not valid HTTP/1.1.')

export const tooBusy = problem(503, 'TOO_BUSY', 'Too many logins at once; try again in a moment.', RETRY_SOON)

export const storeUnavailable = problem(
  503,
  'STORE_UNAVAILABLE',
  'Logins cannot be looked up at the moment. Nobody was logged out; try again in a moment.',
  RETRY_SOON,
)

const storeOverloaded = problem(
  503,
  'STORE_OVERLOADED',
  'Too much waits to be stored; nothing was done. Try again in a moment.',
  RETRY_SOON,
)

const storeFull = problem(
  503,
  'STORE_FULL',
  'No new login can be stored: memory is full. Logins that exist go on, and log-outs work.',
  { 'retry-after': '30' },
)

const internalError = problem(500, 'INTERNAL_ERROR', 'Something went wrong here; it was logged.')

const BY_CODE: Readonly<Record<string, Problem>> = {
  STORE_UNAVAILABLE: storeUnavailable,
  STORE_CLOSED: storeUnavailable,
  STORE_OVERLOADED: storeOverloaded,
  STORE_FULL: storeFull,
  FST_ERR_CTP_BODY_TOO_LARGE: problem(413, 'BODY_TOO_LARGE', 'The body is larger than 16 KiB.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: problem(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'The body must be application/json or application/x-www-form-urlencoded.',
  ),
  FST_ERR_CTP_EMPTY_JSON_BODY: problem(400, 'INVALID_JSON', 'The body is empty; it must be JSON.'),
  FST_ERR_CTP_INVALID_JSON_BODY: problem(400, 'INVALID_JSON', 'The body is not valid JSON.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: invalidRequest('The body is not as long as Content-Length says.'),
  FST_ERR_BAD_URL: invalidRequest('The address is not a valid URL path.'),
}

/** The answer to an error that a handler or the framework threw. */
export function problemOf(error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return BY_CODE[code] ?? internalError
}

/** True for an error whose message is known to hold no secret and may be logged. */
export function hasSafeMessage(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError
}

/** The body of a problem as JSON. */
export function problemBody({ code, message }: Problem): string {
  return JSON.stringify({ error: { code, message } })
}
