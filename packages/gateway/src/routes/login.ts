import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { rateLimitedLog } from '../base/throttles.ts'
import type { Page } from '../html/layout.ts'
import { sendPage, sendProblem } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import {
  identitiesUnavailable,
  invalidCredentials,
  invalidRequest,
  noPasswordLogin,
  type Problem,
  passwordChangeRequired,
  passwordNotChanged,
  passwordRejected,
  sessionLimit,
  storeUnavailable,
  tooBusy,
  tooManyAttempts,
  tooManyGroups,
} from '../http/problems.ts'
import type { RefusedTry } from '../limits/login-limits.ts'
import { accountOf, networksOf } from '../limits/names.ts'
import { describeRoute } from '../openapi/describe.ts'
import { loginPage, stepUpPage } from '../pages/login.ts'
import { passwordPage } from '../pages/password.ts'
import type { Services } from '../services/services.ts'
import { startSession } from '../sessions/start.ts'
import { maxAgeOf, stepUpProblem } from '../sessions/step-up.ts'
import { sessionSchema, sessionView } from '../sessions/view.ts'
import type { PasswordChange } from '../users/change-password.ts'
import { MAX_PASSWORD_LENGTH } from '../users/passwords.ts'

export const loginSchema = z.object({
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  return_to: z.string().optional(),
  /** The check box of the form sends `on`. */
  remember: z.union([z.boolean(), z.literal('on')]).optional(),
  response_type: z.literal('token').optional().meta({
    description: 'The answer contains a bearer token, and sets no cookie. For programs, not for browsers.',
  }),
  audience: z.string().optional().meta({
    description:
      'Only with `response_type`: the id of the client of `oauth.clients` for which the token is. Nothing else accepts it.',
  }),
})

/** `token` is present if the request asked for it. */
export const loggedInSchema = sessionSchema.extend({ token: z.string().optional() })

/** A login with a password, or a change of the password, which is one, too. */
interface PasswordLogin {
  username: string
  /** A safe address. */
  returnTo: string
  remember: boolean
  /** The client asks for a bearer token instead of the cookie. */
  bearer: { audience?: string | undefined } | null
  /** The page that shows why the login was refused. */
  page(message: string): Page
  check(username: string, device: string | null): ReturnType<PasswordChange['change']>
  /** Runs after the password was accepted. Returns the answer if no session may start. */
  beforeSession?(subject: string, remote: string): Promise<Problem | null>
}

/** Logs a user in, within the limits, and answers the request. */
export type LogIn = (
  request: FastifyRequest,
  reply: FastifyReply,
  login: PasswordLogin,
) => Promise<FastifyReply>

/** Too many logins are waiting: in total, or from this address. */
const BUSY = { status: 'busy' } as const

const formDescription = describeRoute({
  summary: 'Get the login form; redirects a user who is already logged in',
  query: z.object({
    return_to: z.string().optional().meta({ description: 'Address after the login.' }),
    max_age: z
      .string()
      .optional()
      .meta({ description: 'Max age of the login, in seconds: a user with an older login logs in again.' }),
  }),
  answers: {
    200: { text: 'A page.', type: 'text/html' },
    303: { text: 'The user is already logged in.' },
    400: { text: '`max_age` is not a valid number of seconds.' },
    503: { text: 'The session cannot be verified now. The user stays logged in.' },
  },
})

const description = describeRoute({
  summary: 'Log in with user name and password',
  description:
    'Sets the cookie. A JSON request gets the session, a form gets a redirect. With `response_type` "token" both get the session and its token, and no cookie.',
  body: { schema: loginSchema, types: ['application/json', 'application/x-www-form-urlencoded'] },
  answers: {
    200: { text: 'Logged in.', body: loggedInSchema },
    303: { text: 'Logged in with a form.' },
    400: { text: 'The request is not valid, or `audience` is not a configured client.' },
    401: { text: 'The user name or the password is wrong.' },
    429: { text: 'Too many attempts; `Retry-After` says how long to wait.' },
    403: {
      text: 'Another site sent the request, the user has too many groups, or must change the password.',
    },
    503: { text: 'The login was not decided. Try again.' },
  },
})

const badLogin = invalidRequest(
  'A login needs the text fields `username` (1 to 256 characters) and `password` (1 to 1024); `remember` may be true or false, and `response_type` may be "token".',
)
const badAudience = invalidRequest(
  '`audience` must be the id of a client in `oauth.clients` that may introspect, and needs `response_type` "token".',
)

/**
 * `GET /login` shows the ways to log in, or redirects a logged-in user to `return_to`. With `max_age`, a user whose login
 * is older than that many seconds must log in again.
 *
 * `POST /login`, with JSON or a form, takes `username` and `password`. Both set the cookie; a form is redirected to its
 * `return_to` (default `/`), and JSON gets the session. With `remember` the session has the longer lifetime, if one is
 * configured. A program that wants a bearer token asks with `response_type=token` (the term of RFC 6749, section 3.1.1): it gets
 * the session and its `token`, and no cookie, so that no page's script ever reads the token of a cookie. Its `audience` (RFC
 * 8693, section 2.1) limits the token to one client.
 *
 * A password is checked only after the login limits have allowed it; otherwise the answer is 429, or 503 when the limits
 * cannot be checked.
 *
 * Returns the login itself, for the change of a password.
 */
export function loginRoute(app: FastifyInstance, services: Services): LogIn {
  const {
    server,
    store,
    authenticate,
    passwordChange,
    audit,
    loginWays,
    checkSession,
    loginLimits,
    loginQueue,
    knownBrowserQueue,
    deviceCookie,
  } = services
  const form = { server, ways: loginWays, remember: services.sessions.rememberMs !== undefined }
  const logDirectoryError = rateLimitedLog()

  app.get<{ Querystring: { return_to?: unknown } }>('/login', formDescription, async (request, reply) => {
    const returnTo = services.returnTo(request.query.return_to)
    const checked = await checkSession(request)
    if (checked.status === 'unavailable') return sendProblem(request, reply, storeUnavailable)
    const maxAge = maxAgeOf(request.query)
    if (checked.status !== 'active') return sendPage(reply, loginPage({ ...form, returnTo, maxAge }))
    const problem = stepUpProblem(request.query, checked, store.nowMs())
    if (problem === null) return reply.redirect(returnTo, 303)
    if (problem.status !== 401) return sendProblem(request, reply, problem)
    return sendPage(reply, stepUpPage({ ...form, returnTo, maxAge, message: problem.message }, checked))
  })

  app.post('/login', description, async (request, reply) => {
    const originProblem = services.originProblem(request)
    if (originProblem !== null) return sendProblem(request, reply, originProblem)
    if (authenticate === null) return sendProblem(request, reply, noPasswordLogin)
    const login = loginSchema.safeParse(request.body)
    if (!login.success) return sendProblem(request, reply, badLogin)
    const { password, remember, response_type: wanted, audience } = login.data
    if (audience !== undefined && !(wanted === 'token' && services.isAudience(audience)))
      return sendProblem(request, reply, badAudience)
    const returnTo = services.returnTo(login.data.return_to)
    return await logIn(request, reply, {
      ...login.data,
      returnTo,
      remember: remember === true || remember === 'on',
      bearer: wanted === 'token' ? { audience } : null,
      page: (message) => loginPage({ ...form, returnTo, username: login.data.username, message }),
      check: (username, device) => authenticate(username, password, device),
    })
  })

  return logIn

  async function logIn(
    request: FastifyRequest,
    reply: FastifyReply,
    login: PasswordLogin,
  ): Promise<FastifyReply> {
    const { username, returnTo, page, check } = login
    const remote = clientAddress(request)
    const account = accountOf(username)
    const refuse = (problem: Problem) => sendProblem(request, reply, problem, page(problem.message))

    const refuseAttempt = ({ limit, retryAfterMs }: RefusedTry) => {
      // Without the user name: it may be unknown, and then it may have been a password.
      const entry = { subject: null, remote, reason: limit, untilMs: Date.now() + retryAfterMs }
      audit.recordBounded(`${limit} ${remote} ${account}`, { event: 'lock-out', ...entry })
      return refuse(tooManyAttempts(Math.ceil(retryAfterMs / 1000)))
    }

    const device = deviceCookie.read(request, account)
    const asked = { username, address: remote, device }
    const recalled = loginLimits.recall(asked)
    if (recalled !== null) return refuseAttempt(recalled)
    const work = async () => {
      const attempt = await loginLimits.take(asked)
      if (!attempt.allowed) return { attempt, outcome: BUSY }
      try {
        return { attempt, outcome: await check(username, device) }
      } catch (error) {
        // The store failed before the password was checked.
        attempt.notMade()
        throw error
      }
    }
    const tried = await (device === null
      ? loginQueue.run(networksOf(remote), work)
      : knownBrowserQueue.run([account], work))
    // Not even counted: counting logins that are rejected at once would fill the store.
    if (tried === null) return sendProblem(request, reply, tooBusy)
    const { attempt, outcome } = tried
    if (!attempt.allowed) return refuseAttempt(attempt)

    if (outcome.status === 'busy') {
      attempt.notMade()
      return sendProblem(request, reply, tooBusy)
    }
    if (outcome.status === 'unavailable') {
      attempt.notMade()
      logDirectoryError((heldBack) =>
        app.log.error(
          { event: 'directory-away', cause: outcome.cause, heldBack },
          'The directory is unavailable',
        ),
      )
      return sendProblem(request, reply, identitiesUnavailable)
    }
    if (outcome.status === 'refused') {
      const subject = 'subject' in outcome ? outcome.subject : null
      const detail = 'detail' in outcome ? { detail: outcome.detail } : {}
      audit.loginRefused({ subject, reason: outcome.reason, ...detail, remote })
      if (outcome.reason !== 'too-many-groups') return refuse(invalidCredentials)
      // The password was correct.
      attempt.succeeded()
      return refuse(tooManyGroups)
    }

    attempt.succeeded()
    if (outcome.status === 'not-changed') {
      app.log.error({ event: 'password-not-changed', cause: outcome.cause }, 'The users file was not changed')
      return refuse(passwordNotChanged)
    }
    if (outcome.status === 'rejected') return refuse(passwordRejected(outcome.objection))
    const { subject } = outcome.identity
    if (outcome.status === 'change-required') {
      audit.loginRefused({ subject, reason: 'password-change-required', remote })
      const isPossible = (await passwordChange?.isPossible()) === true
      const required = passwordChangeRequired(isPossible)
      const change = passwordPage({ server, username: subject, returnTo, message: required.message })
      return isPossible ? sendProblem(request, reply, required, change) : refuse(required)
    }
    const problem = await login.beforeSession?.(subject, remote)
    if (problem) return sendProblem(request, reply, problem)
    const started = await startSession(request, reply, services, {
      identity: outcome.identity,
      method: outcome.method,
      omittedGroups: outcome.omitted,
      remember: login.remember,
      bearer: login.bearer,
    })
    if (started.status === 'full') return refuse(sessionLimit(started.max))
    const { session } = started
    if (login.bearer !== null) return reply.send({ token: session.token, ...sessionView(session, server) })
    deviceCookie.set(reply, account)
    return isForm(request) ? reply.redirect(returnTo, 303) : reply.send(sessionView(session, server))
  }
}

function isForm(request: FastifyRequest): boolean {
  return request.mediaType === 'application/x-www-form-urlencoded'
}
