import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { rateLimitedLog } from '../base/throttles.ts'
import { sendProblem } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { problemPage } from '../http/problem-page.ts'
import {
  identitiesUnavailable,
  insufficientAuthentication,
  loginExpired,
  loginRefused,
  type Problem,
  sessionLimit,
  storeUnavailable,
  tooManyAtProvider,
  tooManyAttempts,
  tooManyGroups,
} from '../http/problems.ts'
import {
  AuthenticationTooOldError,
  LoginRefusedError,
  ProviderUnavailableError,
  TooManyGroupsError,
} from '../identities/errors.ts'
import { FLOW_LIFETIME_MS } from '../identities/oidc/flow.ts'
import type { OidcLogin } from '../identities/oidc/login.ts'
import { networkOf } from '../limits/names.ts'
import type { RefusedBeginning } from '../limits/provider-limits.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'
import { startSession } from '../sessions/start.ts'
import { badMaxAge, maxAgeOf } from '../sessions/step-up.ts'

const logoutBody = z.object({ logout_token: z.string().min(1).max(16_384) })

const beginning = describeRoute({
  summary: 'Begin a login at the OpenID provider',
  query: z.object({
    return_to: z.string().optional().meta({ description: 'Address after the login.' }),
    max_age: z.string().optional().meta({
      description: 'Max age of the authentication at the provider, in seconds: an older one is repeated.',
    }),
  }),
  answers: {
    303: { text: 'Redirect to the provider.' },
    400: { text: '`max_age` is not a valid number of seconds.' },
    403: { text: 'An image or a frame of another site sent the request.' },
    429: { text: 'Too many unfinished logins; `Retry-After` says how long to wait.' },
    503: { text: 'The provider or the store is unavailable, or too many logins are in progress.' },
  },
})

const arrival = describeRoute({
  summary: 'Finish a login: the OpenID provider redirects browsers to this address',
  answers: {
    303: { text: 'Logged in, now or before.' },
    400: { text: 'The login has expired, or began in another browser.' },
    401: { text: 'The authentication at the provider is older than `max_age`, or its time is unknown.' },
    403: { text: 'The provider or the rules refused the login.' },
    503: { text: 'The provider or the store is unavailable.' },
  },
})

const backChannel = describeRoute({
  summary: 'Receive a logout from the OpenID provider',
  body: { schema: z.object({ logout_token: z.string() }), types: ['application/x-www-form-urlencoded'] },
  answers: {
    200: { text: 'The sessions have ended.' },
    400: { text: 'The logout token is not valid.' },
    503: { text: 'Not acknowledged. Send it again.' },
  },
})

/**
 * `GET /oidc/login` redirects the browser to the provider. `return_to` is the address after the login; with `max_age` the
 * user must authenticate there again if the last time is longer ago than that many seconds. It is limited, because the
 * store keeps each unfinished login: 429, or 503 when too many are unfinished in total. Images and frames of other sites
 * cannot begin one.
 *
 * `GET /oidc/callback` is where the provider redirects the browser, at any gateway: it starts the session.
 *
 * `POST /oidc/backchannel-logout` is how the provider reports a logout (OpenID Connect Back-Channel Logout 1.0): 200 when
 * the sessions have ended, 400 for a token that is not valid, and 503 when the provider may send it again.
 */
export function oidcRoutes(app: FastifyInstance, services: Services): void {
  const { oidc, providerLimits, audit } = services
  if (oidc === null) return
  const flowCookies = createFlowCookies(services.cookie.secure)
  const logProviderError = rateLimitedLog()
  const call = { signal: services.lifecycle.giveUp }

  /** The answer to a failure or refusal of the provider. Rethrows other errors. */
  function refusal(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof ProviderUnavailableError) {
      logProviderError((heldBack) =>
        app.log.error(
          { event: 'provider-away', cause: error.message, heldBack },
          'The OpenID provider is unavailable',
        ),
      )
      return identitiesUnavailable
    }
    if (!(error instanceof LoginRefusedError)) throw error
    const [reason, remote] = [error.message, clientAddress(request)]
    audit.recordBounded(`${reason} ${networkOf(remote)}`, {
      event: 'login-refused',
      subject: null,
      reason,
      remote,
    })
    if (error instanceof TooManyGroupsError) return tooManyGroups
    return error instanceof AuthenticationTooOldError
      ? insufficientAuthentication(error.maxAgeSeconds)
      : loginRefused
  }

  /** The answer to a login that the limits reject. The first of many is recorded. */
  function tooMany({ limit, retryAfterMs }: RefusedBeginning, remote: string): Problem {
    const isTotal = limit === 'provider-pending'
    const key = isTotal ? limit : `${limit} ${networkOf(remote)}`
    const untilMs = Date.now() + retryAfterMs
    audit.recordBounded(key, { event: 'lock-out', subject: null, remote, reason: limit, untilMs })
    return isTotal ? tooManyAtProvider : tooManyAttempts(Math.ceil(retryAfterMs / 1000))
  }

  app.get<{ Querystring: { return_to?: unknown } }>(
    '/oidc/login',
    { exposeHeadRoute: false, ...beginning },
    async (request, reply) => {
      // An image or a frame of another site. A link of another site may begin a login.
      const isSubresource = (request.headers['sec-fetch-dest'] ?? 'document') !== 'document'
      const originProblem = isSubresource ? services.originProblem(request) : null
      if (originProblem !== null) return sendProblem(request, reply, originProblem)
      const maxAge = maxAgeOf(request.query)
      if (maxAge === null) return sendProblem(request, reply, badMaxAge)
      const remote = clientAddress(request)
      const asked = await providerLimits.take(remote)
      if (!asked.allowed) return sendProblem(request, reply, tooMany(asked, remote))
      const { begun } = asked
      try {
        const returnTo = services.returnTo(request.query.return_to)
        const { url, state, cookie } = await oidc.begin({ returnTo, maxAge, begun }, call)
        flowCookies.set(request, reply, state, cookie)
        return reply.redirect(url, 303)
      } catch (error) {
        // Nothing was stored yet. A flow that the store did not acknowledge may be stored, so it still counts.
        if (error instanceof ProviderUnavailableError) providerLimits.giveBack(begun)
        return sendProblem(request, reply, refusal(error, request))
      }
    },
  )

  app.get('/oidc/callback', { exposeHeadRoute: false, ...arrival }, async (request, reply) => {
    try {
      return await arrive(request, reply, oidc)
    } catch (error) {
      const problem = refusal(error, request)
      // The provider's answer cannot be used again, so this page must not reload itself.
      return sendProblem(request, reply, problem, problemPage(services.server, problem, false))
    }
  })

  async function arrive(request: FastifyRequest, reply: FastifyReply, login: OidcLogin) {
    // Everything after the first question mark: the query may contain others (RFC 3986, section 3.4).
    const query = new URLSearchParams(/\?(.*)/s.exec(request.url)?.[1] ?? '')
    const state = query.get('state') ?? ''
    const cookie = flowCookies.read(request, state)
    const arrival = cookie === undefined ? null : await login.finish(cookie, query, call)
    if (arrival === null) {
      // The user reloaded this address after the login.
      const session = await services.checkSession(request)
      return session.status === 'active'
        ? reply.redirect('/', 303)
        : sendProblem(request, reply, session.status === 'unavailable' ? storeUnavailable : loginExpired)
    }
    if (arrival.begun !== undefined) providerLimits.giveBack(arrival.begun)
    const started = await startSession(request, reply, services, {
      identity: arrival.identity,
      method: 'oidc',
      omittedGroups: arrival.omittedGroups,
      claims: arrival.claims,
      // Before any client has the token: a session that a logout at the provider cannot end must not begin.
      whenIssued: (issued) => login.link(issued, call),
    })
    flowCookies.clear(reply, state)
    if (started.status === 'full') return sendProblem(request, reply, sessionLimit(started.max))
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

/** Back-Channel Logout 1.0, section 2.8: 400 with an error as in RFC 6749. */
function invalidLogout(reply: FastifyReply, description: string): FastifyReply {
  return reply.code(400).send({ error: 'invalid_request', error_description: description })
}

/** Max unfinished logins of one browser, such as one per tab. The oldest make room for new ones. */
const MAX_FLOW_COOKIES = 5

/** The cookies that bind unfinished logins to the browser in which they began: one per login, so that tabs do not collide. */
function createFlowCookies(secure: boolean) {
  const prefix = secure ? '__Host-holdfast-oidc-' : 'holdfast-oidc-'
  // Lax, not Strict: the browser must send it with the provider's redirect.
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const
  const nameOf = (state: string) => prefix + hash('sha256', state, 'base64url').slice(0, 12)
  return {
    read: (request: FastifyRequest, state: string) => request.cookies[nameOf(state)] || undefined,
    set(request: FastifyRequest, reply: FastifyReply, state: string, value: string) {
      // Browsers send the oldest cookie first (RFC 6265, section 5.4).
      const others = Object.keys(request.cookies).filter((name) => name.startsWith(prefix))
      for (const name of others.slice(0, Math.max(0, others.length + 1 - MAX_FLOW_COOKIES))) {
        reply.clearCookie(name, attributes)
      }
      reply.setCookie(nameOf(state), value, { ...attributes, maxAge: FLOW_LIFETIME_MS / 1000 })
    },
    clear: (reply: FastifyReply, state: string) => void reply.clearCookie(nameOf(state), attributes),
  }
}
