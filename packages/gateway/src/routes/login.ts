import type { IssuedToken } from '@holdfast/tokens'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { sendPage, sendProblem } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { createOccasional } from '../http/log.ts'
import { isCrossSite } from '../http/origin.ts'
import {
  crossSite,
  identitiesUnavailable,
  invalidCredentials,
  invalidRequest,
  noPasswordLogin,
  type Problem,
  sessionLimit,
  storeUnavailable,
  tooBusy,
  tooManyAttempts,
} from '../http/problems.ts'
import { accountOf, networkOf } from '../limits/names.ts'
import { createLockOutNews } from '../limits/once-a-while.ts'
import { describeRoute } from '../openapi/describe.ts'
import { loginPage } from '../pages/login.ts'
import { stepUpPage } from '../pages/step-up.ts'
import { startSession } from '../sessions/start.ts'
import { maxAgeOf, stepUpProblem } from '../sessions/step-up.ts'
import { sessionSchema, sessionView } from '../sessions/view.ts'
import { MAX_PASSWORD_LENGTH } from '../users/passwords.ts'
import type { Services } from './services.ts'

const loginSchema = z.object({
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  return_to: z.string().optional(),
  /** The check box of the form says `on`. */
  remember: z.union([z.boolean(), z.literal('on')]).optional(),
})

/** Too many logins wait already: in all, or from this address. */
const BUSY = { status: 'busy' } as const

const formDescription = describeRoute({
  summary: 'The ways to log in; who is logged in is sent on.',
  query: z.object({
    return_to: z.string().optional().meta({ description: 'Where to go afterwards.' }),
    max_age: z
      .string()
      .optional()
      .meta({ description: 'Who logged in longer ago than so many seconds logs in again.' }),
  }),
  answers: {
    200: { text: 'A page.', type: 'text/html' },
    303: { text: 'Somebody is logged in.' },
    400: { text: 'The age is none.' },
    503: { text: 'It cannot be known now. Nobody was logged out.' },
  },
})

const description = describeRoute({
  summary: 'Logs in.',
  description: 'Sets the cookie. JSON is answered with the session and its token, a form with a redirection.',
  body: { schema: loginSchema, types: ['application/json', 'application/x-www-form-urlencoded'] },
  answers: {
    200: { text: 'Logged in.', body: sessionSchema.extend({ token: z.string() }) },
    303: { text: 'Logged in by a form.' },
    401: { text: 'The user name or the password is wrong.' },
    429: { text: 'Too many were tried; `Retry-After` says for how long.' },
    403: { text: 'It came from a page of another site.' },
    503: { text: 'Nothing was decided: try again.' },
  },
})

const badLogin = invalidRequest(
  'A login needs the fields `username` (1 to 256 characters) and `password` (1 to 1024), both text; `remember` may be true or false.',
)

/**
 * `GET /login` shows the ways to log in, or sends on who is logged in. The query's `return_to` says where to; with
 * `max_age` who logged in longer ago than so many seconds is to log in again.
 *
 * `POST /login`, JSON or a form, with `username` and `password`. Both set the cookie; a form is sent on to its
 * `return_to` (`/` without one), JSON is answered with the session and its `token`, for use as a bearer. With `remember`
 * the session has the longer lifetime, where one is configured.
 *
 * A password is looked at only after the limits of logins allowed it, and that is certain: else 429, or 503.
 */
export function loginRoute(app: FastifyInstance, services: Services): void {
  const { server, authenticate, audit, loginWays, checkSession, loginLimits, loginPlaces, deviceCookie } =
    services
  const { inTurn } = services
  const form = { server, ways: loginWays, remember: services.sessions.rememberMs !== undefined }
  const directoryTrouble = createOccasional()
  const isNews = createLockOutNews()

  app.get<{ Querystring: { return_to?: unknown } }>('/login', formDescription, async (request, reply) => {
    const returnTo = services.returnTo(request.query.return_to)
    const checked = await checkSession(request)
    if (checked.status === 'unavailable') return sendProblem(request, reply, storeUnavailable)
    const maxAge = maxAgeOf(request.query)
    if (checked.status !== 'active') return sendPage(reply, loginPage({ ...form, returnTo, maxAge }))
    const problem = stepUpProblem(request.query, checked, services.store.nowMs())
    if (problem === null) return reply.redirect(returnTo, 303)
    if (problem.status !== 401) return sendProblem(request, reply, problem)
    return sendPage(reply, stepUpPage({ ...form, returnTo, maxAge, message: problem.message }, checked))
  })

  app.post('/login', description, async (request, reply) => {
    if (isCrossSite(request.headers, request.host)) return sendProblem(request, reply, crossSite)
    if (authenticate === null) return sendProblem(request, reply, noPasswordLogin)
    const login = loginSchema.safeParse(request.body)
    if (!login.success) return sendProblem(request, reply, badLogin)
    const { username, password, remember } = login.data
    const returnTo = services.returnTo(login.data.return_to)
    const remote = clientAddress(request)
    const refuse = (problem: Problem) =>
      sendProblem(
        request,
        reply,
        problem,
        loginPage({ ...form, returnTo, username, message: problem.message }),
      )

    const device = deviceCookie.read(request, accountOf(username))
    const tried = await inTurn(networkOf(remote), () =>
      loginPlaces.take(async () => {
        const attempt = await loginLimits.take({ username, address: remote, device })
        return { attempt, outcome: attempt.allowed ? await authenticate(username, password) : BUSY }
      }),
    )
    // Not even counted: what is counted for a login that is refused at once would fill the store.
    if (tried === null) return sendProblem(request, reply, tooBusy)
    const { attempt, outcome } = tried
    if (!attempt.allowed) {
      const { limit, retryAfterMs } = attempt
      if (isNews(`${limit} ${remote} ${accountOf(username)}`, Date.now())) {
        // Not the name: it may be nobody's, and then it may have been a password.
        const untilMs = Date.now() + retryAfterMs
        audit.record({ event: 'lock-out', subject: null, remote, reason: limit, untilMs })
      }
      return refuse(tooManyAttempts(Math.ceil(retryAfterMs / 1000)))
    }

    if (outcome.status === 'busy') {
      attempt.notMade()
      return sendProblem(request, reply, tooBusy)
    }
    if (outcome.status === 'unavailable') {
      attempt.notMade()
      directoryTrouble((heldBack) =>
        app.log.error({ event: 'directory-away', cause: outcome.cause, heldBack }, 'The directory is away'),
      )
      return sendProblem(request, reply, identitiesUnavailable)
    }
    if (outcome.status === 'refused') {
      const subject = 'subject' in outcome ? outcome.subject : null
      audit.loginRefused({ subject, reason: outcome.reason, remote })
      return refuse(invalidCredentials)
    }

    attempt.succeeded()
    const started = await startSession(request, reply, services, {
      identity: outcome.identity,
      remember: remember === true || remember === 'on',
    })
    if (started.status === 'full') return refuse(sessionLimit(started.most))
    deviceCookie.set(reply, accountOf(username))
    return isForm(request) ? reply.redirect(returnTo, 303) : answerJson(reply, started.session, server)
  })
}

function answerJson(reply: FastifyReply, issued: IssuedToken, server: string): FastifyReply {
  return reply.send({ token: issued.token, ...sessionView(issued, server) })
}

function isForm(request: FastifyRequest): boolean {
  return request.mediaType === 'application/x-www-form-urlencoded'
}
