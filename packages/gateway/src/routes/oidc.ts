import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { sendProblem } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { createOccasional } from '../http/log.ts'
import {
  identitiesUnavailable,
  insufficientAuthentication,
  loginExpired,
  loginRefused,
  type Problem,
  sessionLimit,
  tooManyAtProvider,
  tooManyAttempts,
} from '../http/problems.ts'
import { FLOW_LIFETIME_MS } from '../identities/oidc/flow.ts'
import type { OidcLogin } from '../identities/oidc/login.ts'
import {
  AuthenticationTooOldError,
  LoginRefusedError,
  ProviderAwayError,
} from '../identities/oidc/trouble.ts'
import { networkOf } from '../limits/names.ts'
import { createLockOutNews } from '../limits/once-a-while.ts'
import type { RefusedBeginning } from '../limits/provider-limits.ts'
import { describeRoute } from '../openapi/describe.ts'
import { problemPage } from '../pages/problem.ts'
import { startSession } from '../sessions/start.ts'
import { badMaxAge, maxAgeOf } from '../sessions/step-up.ts'
import type { Services } from './services.ts'

const logoutBody = z.object({ logout_token: z.string().min(1).max(16_384) })

const beginning = describeRoute({
  summary: 'Begins a login at the OpenID provider.',
  query: z.object({
    return_to: z.string().optional().meta({ description: 'Where to go afterwards.' }),
    max_age: z
      .string()
      .optional()
      .meta({ description: 'Who logged in at the provider longer ago than so many seconds logs in again.' }),
  }),
  answers: {
    303: { text: 'To the provider.' },
    400: { text: 'The age is none.' },
    429: { text: 'Too many were begun and not finished; `Retry-After` says for how long.' },
    503: { text: 'The provider or the store is away, or too many logins are under way.' },
  },
})

const arrival = describeRoute({
  summary: 'Where the OpenID provider sends a browser back to.',
  answers: {
    303: { text: 'Logged in.' },
    400: { text: 'It has expired, or was begun elsewhere.' },
    401: { text: 'The login at the provider is longer ago than was asked for, or nobody knows how long.' },
    403: { text: 'The provider or the rules refused it.' },
    503: { text: 'The provider or the store is away.' },
  },
})

const backChannel = describeRoute({
  summary: 'The OpenID provider says that somebody logged out there.',
  body: { schema: z.object({ logout_token: z.string() }), types: ['application/x-www-form-urlencoded'] },
  answers: {
    200: { text: 'The sessions have ended.' },
    400: { text: 'The token is not valid.' },
    503: { text: 'Not acknowledged: send it again.' },
  },
})

/**
 * `GET /oidc/login` sends the browser to the provider; `return_to` says where to go on afterwards, `max_age` that the
 * person is to log in there again when the last time was longer ago than so many seconds. It is limited, because
 * each stores a login under way: 429, or 503 when too many are under way in all.
 *
 * `GET /oidc/callback` is where the provider sends it back, to whichever gateway: it starts the session.
 *
 * `POST /oidc/backchannel-logout` is how the provider itself says that somebody logged out there (OpenID Connect
 * Back-Channel Logout 1.0): 200 when the sessions have ended, 400 for a token that is not valid, and 503 when it may be
 * sent again.
 */
export function oidcRoutes(app: FastifyInstance, services: Services): void {
  const { oidc, providerLimits, audit } = services
  if (oidc === null) return
  const flowCookie = createFlowCookie(services.cookie.secure)
  const providerTrouble = createOccasional()
  const isNews = createLockOutNews()
  const call = { signal: services.lifecycle.giveUp }

  /** The answer to what the provider could not do, or did not want to. Other errors are thrown on. */
  function refusal(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof ProviderAwayError) {
      providerTrouble((heldBack) =>
        app.log.error(
          { event: 'provider-away', cause: error.message, heldBack },
          'The OpenID provider is away',
        ),
      )
      return identitiesUnavailable
    }
    if (!(error instanceof LoginRefusedError)) throw error
    audit.loginRefused({ subject: null, reason: error.message, remote: clientAddress(request) })
    return error instanceof AuthenticationTooOldError
      ? insufficientAuthentication(error.maxAgeSeconds)
      : loginRefused
  }

  /** The answer to a login that the limits do not let begin. The first of many is told. */
  function tooMany({ limit, retryAfterMs }: RefusedBeginning, remote: string): Problem {
    const nowMs = Date.now()
    const isOfAll = limit === 'provider-pending'
    if (isNews(isOfAll ? limit : `${limit} ${networkOf(remote)}`, nowMs)) {
      audit.record({ event: 'lock-out', subject: null, remote, reason: limit, untilMs: nowMs + retryAfterMs })
    }
    return isOfAll ? tooManyAtProvider : tooManyAttempts(Math.ceil(retryAfterMs / 1000))
  }

  app.get<{ Querystring: { return_to?: unknown } }>(
    '/oidc/login',
    { exposeHeadRoute: false, ...beginning },
    async (request, reply) => {
      const maxAge = maxAgeOf(request.query)
      if (maxAge === null) return sendProblem(request, reply, badMaxAge)
      const remote = clientAddress(request)
      const asked = await providerLimits.take(remote)
      if (!asked.allowed) return sendProblem(request, reply, tooMany(asked, remote))
      const { begun } = asked
      try {
        const returnTo = services.returnTo(request.query.return_to)
        const { url, cookie } = await oidc.begin({ returnTo, maxAge, begun }, call)
        flowCookie.set(reply, cookie)
        return reply.redirect(url, 303)
      } catch (error) {
        // Before anything was stored. What the store did not acknowledge may be there.
        if (error instanceof ProviderAwayError) providerLimits.giveBack(begun)
        return sendProblem(request, reply, refusal(error, request))
      }
    },
  )

  app.get('/oidc/callback', { exposeHeadRoute: false, ...arrival }, async (request, reply) => {
    try {
      return await arrive(request, reply, oidc)
    } catch (error) {
      const problem = refusal(error, request)
      // The same answer of the provider cannot be used again: this page must not ask again by itself.
      return sendProblem(request, reply, problem, problemPage(services.server, problem, false))
    }
  })

  async function arrive(request: FastifyRequest, reply: FastifyReply, login: OidcLogin) {
    const cookie = flowCookie.read(request)
    // All behind the first question mark: there may be others in it (RFC 3986, section 3.4).
    const query = new URLSearchParams(/\?(.*)/s.exec(request.url)?.[1] ?? '')
    const arrival = cookie === undefined ? null : await login.finish(cookie, query, call)
    if (arrival === null) return sendProblem(request, reply, loginExpired)
    if (arrival.begun !== undefined) providerLimits.giveBack(arrival.begun)
    const started = await startSession(request, reply, services, {
      identity: arrival.identity,
      claims: arrival.claims,
      // Before anybody has the token: a session that a log-out at the provider cannot end must not begin.
      whenIssued: (issued) => login.link(issued, call),
    })
    flowCookie.clear(reply)
    if (started.status === 'full') return sendProblem(request, reply, sessionLimit(started.most))
    return reply.redirect(arrival.returnTo, 303)
  }

  app.post('/oidc/backchannel-logout', backChannel, async (request, reply) => {
    const body = logoutBody.safeParse(request.body)
    if (!body.success) return invalidLogout(reply, 'The field `logout_token` is missing.')
    try {
      const ended = await oidc.endByLogoutToken(body.data.logout_token, call)
      for (const [subject, sessions] of Map.groupBy(ended, (session) => session.subject)) {
        audit.record({
          event: 'revocation',
          by: 'OpenID provider',
          via: 'provider',
          subject,
          sessions: sessions.map(({ id }) => id),
          outcome: 'ended',
          remote: clientAddress(request),
        })
      }
      return reply.code(200).send()
    } catch (error) {
      if (error instanceof LoginRefusedError) return invalidLogout(reply, error.message)
      return sendProblem(request, reply, refusal(error, request))
    }
  })
}

/** Back-Channel Logout 1.0, section 2.8: 400 with the error form of RFC 6749. */
function invalidLogout(reply: FastifyReply, description: string): FastifyReply {
  return reply.code(400).send({ error: 'invalid_request', error_description: description })
}

/** The cookie that binds a login under way to the browser in which it began. */
function createFlowCookie(secure: boolean) {
  const name = secure ? '__Host-holdfast-oidc' : 'holdfast-oidc'
  // Lax, not Strict: the provider's redirect back must bring it.
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const
  return {
    read: (request: FastifyRequest) => request.cookies[name] || undefined,
    set: (reply: FastifyReply, value: string) =>
      void reply.setCookie(name, value, { ...attributes, maxAge: FLOW_LIFETIME_MS / 1000 }),
    clear: (reply: FastifyReply) => void reply.clearCookie(name, attributes),
  }
}
