import type { InactiveReason } from '@holdfast/tokens'

/** An error answer. In JSON: `{"error": {"code", "message"}}`. */
export interface Problem {
  status: number
  code: ProblemCode
  /** One or two sentences for a person; they never contain data of the request. */
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
  | 'INSECURE_PAGE'
  | 'ACCESS_DENIED'
  | 'NOT_FOUND'
  | 'NO_SUCH_SESSION'
  | 'METHOD_NOT_ALLOWED'
  | 'SESSION_LIMIT'
  | 'REQUEST_TIMEOUT'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'TOO_MANY_ATTEMPTS'
  | 'TOO_MANY_GROUPS'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL_ERROR'
  | 'TOO_BUSY'
  | 'IDENTITIES_UNAVAILABLE'
  | 'NO_PASSWORD_LOGIN'
  | 'NO_PASSWORD_CHANGE'
  | 'PASSWORD_CHANGE_REQUIRED'
  | 'PASSWORD_REJECTED'
  | 'PASSWORD_NOT_CHANGED'
  | 'SESSIONS_NOT_ENDED'
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

const noToken = problem(401, 'NO_TOKEN', 'You are not logged in: the request contains no token.', {
  'www-authenticate': CHALLENGE,
})

const invalidToken = (reason: RefusalReason) =>
  problem(401, 'INVALID_TOKEN', INACTIVE[reason], {
    'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${reason}"`,
  })

/** Why a request has no valid session. */
export const sessionProblem = (checked: { reason: RefusalReason } | { status: 'none' }): Problem =>
  'reason' in checked ? invalidToken(checked.reason) : noToken

type RefusalReason = InactiveReason | 'wrong-audience'

const INACTIVE: Record<RefusalReason, string> = {
  malformed: 'The token is malformed: Holdfast did not issue it, or it was mistyped.',
  foreign: 'The token belongs to another data centre. Log in here to get a valid one.',
  unknown: 'The token is unknown here: it was never issued, or it ended long ago.',
  expired: 'The token has expired; log in again.',
  revoked: 'The token is revoked: this session was logged out. Log in again.',
  'wrong-audience': 'The token has an audience: only that API accepts it. Log in without an audience.',
}

/** RFC 9470, section 3: the session is valid, but its login is too old for this request. */
export const insufficientAuthentication = (maxAgeSeconds: number) =>
  problem(401, 'INSUFFICIENT_AUTHENTICATION', 'This needs a recent login. Please log in again to continue.', {
    'www-authenticate':
      `${CHALLENGE}, error="insufficient_user_authentication", ` +
      `error_description="A more recent authentication is required", max_age="${maxAgeSeconds}"`,
  })
/** The same for no token and for a wrong one. */
export const noAdministrator = problem(
  401,
  'NO_ADMINISTRATOR',
  'This needs an administrator token, as `Authorization: Bearer`.',
  { 'www-authenticate': 'Bearer realm="holdfast-admin"' },
)

export const readOnly = problem(403, 'READ_ONLY', 'This administrator may only read: its `access` is "read".')

export const crossSite = problem(
  403,
  'CROSS_SITE',
  'This request came from a page of another site. It was refused to protect you.',
)

export const insecurePage = problem(
  403,
  'INSECURE_PAGE',
  'This page was opened by http://, and the cookie of a login needs https://. Open the address with https:// and try again there.',
)

const NOT_OPEN =
  'You do not have access to this address. If you should have it, ask the operator of this site.'

/** Refused for every client, or the request is too ambiguous for the access rules. */
export const accessDenied = problem(403, 'ACCESS_DENIED', NOT_OPEN)

/** RFC 6750, section 3.1: the token is valid, but its rights are not sufficient. */
export const notInGroup = problem(403, 'ACCESS_DENIED', NOT_OPEN, {
  'www-authenticate': `${CHALLENGE}, error="insufficient_scope"`,
})

export const notFound = problem(404, 'NOT_FOUND', 'There is nothing at this address.')

export const noSuchSession = problem(
  404,
  'NO_SUCH_SESSION',
  'You have no session with this id; it may have ended already.',
)

/** `max` sessions are open. This is shown only after a correct password. */
export const sessionLimit = (max: number) =>
  problem(
    409,
    'SESSION_LIMIT',
    `You already have ${max} open sessions, which is the maximum. Log out of one of them, then log in here.`,
  )

/** RFC 6585, section 4. The answer is the same for each limit, and for unknown users. */
export const tooManyAttempts = (retryAfterSeconds: number) =>
  problem(
    429,
    'TOO_MANY_ATTEMPTS',
    `Too many login attempts. Wait ${duration(retryAfterSeconds)} before you try again.`,
    { 'retry-after': String(retryAfterSeconds) },
  )

function duration(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** Shown only after a correct password, or after a login at the provider. */
export const tooManyGroups = problem(
  403,
  'TOO_MANY_GROUPS',
  'Your login is correct, but you are a member of more groups than a session can carry. Please ask the operator of this service.',
)

export const methodNotAllowed = (allowed: string[]) =>
  problem(405, 'METHOD_NOT_ALLOWED', `This address supports only ${allowed.join(', ')}.`, {
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

/** Logins that finish free a place at any time. */
export const tooManyAtProvider = problem(
  503,
  'TOO_BUSY',
  'Too many logins are in progress; try again in a moment.',
  { 'retry-after': '5' },
)

/** The directory or the provider does not answer. Existing sessions stay valid. */
export const identitiesUnavailable = problem(
  503,
  'IDENTITIES_UNAVAILABLE',
  'Your identity cannot be checked at the moment. Existing logins stay valid; try again in a moment.',
  { 'retry-after': '5' },
)

export const noPasswordLogin = problem(
  403,
  'NO_PASSWORD_LOGIN',
  'Password logins are not available here; use the login page.',
)

export const noPasswordChange = problem(
  403,
  'NO_PASSWORD_CHANGE',
  'You cannot change your password here. If you log in with an account of a directory or a provider, change the password there. Otherwise ask the operator of this service.',
)

/** After a correct initial password. `isPossible` is false when this gateway cannot change the users file. */
export const passwordChangeRequired = (isPossible: boolean) =>
  problem(
    403,
    'PASSWORD_CHANGE_REQUIRED',
    isPossible
      ? 'This is an initial password. Choose your own password to log in.'
      : 'This is an initial password, which must be changed, and you cannot change it here. Ask the operator of this service for another password.',
  )

/** `objection` says why the new password is not accepted; it does not quote it. */
export const passwordRejected = (objection: string) => problem(400, 'PASSWORD_REJECTED', objection)

/** The users file is locked, broken, or on a full disk. */
export const passwordNotChanged = problem(
  503,
  'PASSWORD_NOT_CHANGED',
  'Your password could not be changed at the moment. The current password stays valid; try again in a moment.',
  { 'retry-after': '5' },
)

/** The password is changed, but the store did not acknowledge the end of the sessions. */
export const passwordChangedOnly = problem(
  503,
  'SESSIONS_NOT_ENDED',
  'Your password is changed, but your other sessions may still be active. Log in with the new password, then end them on the page “Your sessions”.',
  RETRY_SOON,
)

export const loginExpired = problem(
  400,
  'LOGIN_EXPIRED',
  'This login took too long, was already used, or began in another browser. Please log in again.',
)

/** The provider refused the login, or its answer was not valid. The log has the reason. */
export const loginRefused = problem(
  403,
  'LOGIN_REFUSED',
  'The login was refused. Please try again, or ask the operator of this service.',
)

// INV-GATEWAY-31: outages keep cookies.
export const storeUnavailable = problem(
  503,
  'STORE_UNAVAILABLE',
  'Logins cannot be checked at the moment. You are still logged in; try again in a moment.',
  RETRY_SOON,
)

const storeOverloaded = problem(
  503,
  'STORE_OVERLOADED',
  'Too many writes are waiting; nothing was done. Try again in a moment.',
  RETRY_SOON,
)

const storeFull = problem(
  503,
  'STORE_FULL',
  'No new login can be stored, because memory is full. Existing logins and logouts still work.',
  { 'retry-after': '30' },
)

const internalError = problem(500, 'INTERNAL_ERROR', 'An internal error occurred; the log has the details.')

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
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: invalidRequest('The length of the body differs from Content-Length.'),
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: invalidRequest('The header Content-Type is missing.'),
  FST_ERR_BAD_URL: invalidRequest('The address is not a valid URL path.'),
}

/** The answer to an error that a handler or the framework threw. */
export function problemOf(error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return BY_CODE[code] ?? internalError
}

/** The body of a problem as JSON. */
export function problemBody({ code, message }: Problem): string {
  return JSON.stringify({ error: { code, message } })
}
