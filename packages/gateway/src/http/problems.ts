import { HoldfastError, type Inactive, type InactiveReason } from '@holdfast/tokens'

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
  | 'NO_ADMINISTRATOR'
  | 'READ_ONLY'
  | 'INVALID_TOKEN'
  | 'INSUFFICIENT_AUTHENTICATION'
  | 'CROSS_SITE'
  | 'ACCESS_DENIED'
  | 'NOT_FOUND'
  | 'NO_SUCH_SESSION'
  | 'METHOD_NOT_ALLOWED'
  | 'SESSION_LIMIT'
  | 'REQUEST_TIMEOUT'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'TOO_MANY_ATTEMPTS'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL_ERROR'
  | 'TOO_BUSY'
  | 'IDENTITIES_UNAVAILABLE'
  | 'NO_PASSWORD_LOGIN'
  | 'LOGIN_EXPIRED'
  | 'LOGIN_REFUSED'
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

const noToken = problem(401, 'NO_TOKEN', 'Nobody is logged in: the request brought no token.', {
  'www-authenticate': CHALLENGE,
})

const invalidToken = (reason: InactiveReason) =>
  problem(401, 'INVALID_TOKEN', INACTIVE[reason], {
    'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${reason}"`,
  })

/** Why a request counts as nobody's. */
export const sessionProblem = (checked: Inactive | { status: 'none' }): Problem =>
  checked.status === 'none' ? noToken : invalidToken(checked.reason)

const INACTIVE: Record<InactiveReason, string> = {
  malformed: 'The token is malformed: it is not one of Holdfast, or was mistyped.',
  foreign: 'The token is of another data centre. Log in here to get one of this.',
  unknown: 'The token is unknown here: it was never issued, or ended long ago.',
  expired: 'The token has expired; log in again.',
  revoked: 'The token is revoked: it was logged out; log in again.',
}

/** RFC 9470, section 3: the session is good, but its login is too long ago for this. */
export const insufficientAuthentication = (maxAgeSeconds: number) =>
  problem(401, 'INSUFFICIENT_AUTHENTICATION', 'This needs a fresh login. Please log in again to go on.', {
    'www-authenticate':
      `${CHALLENGE}, error="insufficient_user_authentication", ` +
      `error_description="A more recent authentication is required", max_age="${maxAgeSeconds}"`,
  })
/** The same for no token and for a wrong one. */
export const noAdministrator = problem(
  401,
  'NO_ADMINISTRATOR',
  'This needs the token of an administrator, as `Authorization: Bearer`.',
  { 'www-authenticate': 'Bearer realm="holdfast-admin"' },
)

export const readOnly = problem(
  403,
  'READ_ONLY',
  'This administrator may look, and change nothing: its `access` is "read".',
)

export const crossSite = problem(
  403,
  'CROSS_SITE',
  'This request came from a page of another site, and was refused to protect you.',
)

const NOT_OPEN = 'This address is not open to you. If it should be, ask whoever runs this site.'

/** Refused to everybody, or not told for certain which rule it is about. */
export const accessDenied = problem(403, 'ACCESS_DENIED', NOT_OPEN)

/** RFC 6750, section 3.1: the token is good, but this needs more. */
export const notInGroup = problem(403, 'ACCESS_DENIED', NOT_OPEN, {
  'www-authenticate': `${CHALLENGE}, error="insufficient_scope"`,
})

export const notFound = problem(404, 'NOT_FOUND', 'There is nothing at this address.')

export const noSuchSession = problem(
  404,
  'NO_SUCH_SESSION',
  'You have no session with this id; it may have ended.',
)

/** `most` sessions are open; whoever asks knows the password. */
export const sessionLimit = (most: number) =>
  problem(
    409,
    'SESSION_LIMIT',
    `You are logged in at ${most} places already, which is the most. Log out at one of them, then log in here.`,
  )

/** RFC 6585, section 4. The same whichever limit it was, and whether there is such a user. */
export const tooManyAttempts = (retryAfterSeconds: number) =>
  problem(
    429,
    'TOO_MANY_ATTEMPTS',
    `Too many logins were tried. Wait ${duration(retryAfterSeconds)} before you try again.`,
    { 'retry-after': String(retryAfterSeconds) },
  )

function duration(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

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

/** Finished logins make room at any time. */
export const tooManyAtProvider = problem(
  503,
  'TOO_BUSY',
  'Too many logins are under way at once; try again in a moment.',
  { 'retry-after': '5' },
)

/** Who says who somebody is does not answer. Sessions that exist go on. */
export const identitiesUnavailable = problem(
  503,
  'IDENTITIES_UNAVAILABLE',
  'Who you are cannot be checked at the moment. Logins that exist go on; try again in a moment.',
  { 'retry-after': '5' },
)

export const noPasswordLogin = problem(
  403,
  'NO_PASSWORD_LOGIN',
  'Nobody logs in by a password here; use the login page.',
)

export const loginExpired = problem(
  400,
  'LOGIN_EXPIRED',
  'This login took too long, was used already, or was begun in another browser. Please log in again.',
)

/** The provider said no, or what it said was not to be believed. Why is in the log. */
export const loginRefused = problem(
  403,
  'LOGIN_REFUSED',
  'The login was refused. Please try again, or ask who runs this service.',
)

// INV-GATEWAY-31: outages keep cookies.
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
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: invalidRequest('The request must say the type of its content.'),
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
