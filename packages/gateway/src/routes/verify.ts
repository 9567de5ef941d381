import type { IncomingMessage } from 'node:http'
import type { Active } from '@holdfast/tokens'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AccessPolicy, Requirement } from '../access/rules.ts'
import type { ForwardAuthConfig } from '../config/access.ts'
import { decideWithoutSession, decideWithSession, requirementFor } from '../forward-auth/decision.ts'
import { type AllowHeaders, createIdentityHeaders } from '../forward-auth/identity-headers.ts'
import { loginLocation } from '../forward-auth/login-location.ts'
import { PROXIES, type ProxyConvention } from '../forward-auth/proxies.ts'
import { sendProblem } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { headersForProxy, SECURITY_HEADERS } from '../http/headers.ts'
import { addPreRouter } from '../http/pre-router.ts'
import type { Problem } from '../http/problems.ts'
import type { HttpMetrics } from '../metrics/http.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'
import type { CheckedSession } from '../sessions/checker.ts'
import { createVerifyFastPath } from './verify-fast-path.ts'

/** The settings of `/verify`. */
export interface VerifySettings {
  /** The current rules. Without rules, every logged-in user is allowed. */
  access: () => AccessPolicy | undefined
  forwardAuth: ForwardAuthConfig
}

/** Where the request of the client is a part of the address. */
const restOfPath = z.object({
  path: z.string().meta({ description: "The path and query of the client's request, slashes included." }),
})

/**
 * `/verify…`: a proxy asks before it forwards a request (nginx `auth_request`, Traefik ForwardAuth, HAProxy, Envoy
 * ext_authz). The answer is 200 with the identity headers; 401, or the way to the login page for browsers; 403 by the
 * access rules; 503 when the session cannot be verified. None of them changes the cookie.
 *
 * With `?max_age=300` in the address that the proxy requests, a user whose login is older than that many seconds must log
 * in again (RFC 9470). This does not work with Envoy, whose query is the client's.
 *
 * A public rule needs no session and passes on no identity, so it works during any outage.
 *
 * With `metrics`, cached sessions are answered before the framework's hooks (`routes/verify-fast-path.ts`); without, every
 * request passes all hooks.
 */
export function verifyRoutes(
  app: FastifyInstance,
  services: Services,
  { access, forwardAuth: { headerPrefix, loginPath } }: VerifySettings,
  metrics: Pick<HttpMetrics, 'timer'> | null,
): void {
  const headersOf = createIdentityHeaders(headerPrefix, {
    ...headersForProxy(services.server),
    'content-length': '0',
  })
  const found = new WeakMap<IncomingMessage, Active>()
  if (metrics !== null) {
    addPreRouter(app.server, createVerifyFastPath(services, { access, headersOf, metrics, found }))
  }
  app.register(async (scope) => {
    // Envoy sends the client's method and headers; what they state about a body does not matter here.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    for (const proxy of PROXIES) {
      const { url } = proxy
      const handler = createAnswer(proxy, services, { access, loginPath, headersOf, found })
      const method = proxy.anyMethod ? app.supportedMethods : ['GET', 'HEAD']
      const { description } = describeRoute({
        summary: 'Check whether a request is allowed, for a proxy with this convention',
        credentials: 'token',
        ...(proxy.anyMethod && { params: restOfPath }),
        answers: {
          200: { text: 'Allowed. The identity headers describe the user.' },
          302: { text: 'Redirect a browser to the login page (not with nginx).' },
          401: { text: 'A login is required.' },
          403: { text: 'The access rules refuse the request.' },
          503: { text: 'The session cannot be verified now. The user stays logged in.' },
        },
      }).config
      scope.route({ method, url, handler, config: { forProxy: true, description } })
    }
  })
}

interface AnswerOptions extends Pick<VerifySettings, 'access'> {
  loginPath: string
  headersOf: AllowHeaders
  /** The sessions that the fast path has already verified, by request. */
  found: WeakMap<IncomingMessage, Active>
}

function createAnswer(
  proxy: ProxyConvention,
  { audit, checkSession, store }: Services,
  { access, loginPath, headersOf, found }: AnswerOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  // With Envoy the query is the client's.
  const queryOf = ({ query }: FastifyRequest) => (proxy.anyMethod ? null : query)

  return async (request, reply) => {
    const requirement = requirementFor(access(), proxy, request.raw)
    let session: CheckedSession = found.get(request.raw) ?? { status: 'none' }
    let decision = decideWithoutSession(requirement)
    if (decision === null) {
      if (session.status === 'none') session = await checkSession(request)
      decision = decideWithSession(requirement, session, queryOf(request), store.nowMs())
    }
    if (decision.kind === 'pass') return reply.headers(headersOf(decision.session)).send()
    const { kind, problem } = decision
    if (problem.code === 'ACCESS_DENIED') recordDenied(request, requirement, session)
    return kind === 'login' ? toLogin(request, reply, problem) : sendProblem(request, reply, problem)
  }

  /** A path may contain a token, so the entry names the groups of the rule instead. */
  function recordDenied(request: FastifyRequest, requirement: Requirement, session: CheckedSession): void {
    const { subject, id } = session.status === 'active' ? session : { subject: null, id: null }
    const groups = requirement.kind === 'group' ? requirement.anyOf : null
    const remote = clientAddress(request)
    const key = `${subject ?? remote} ${groups?.join(' ') ?? ''}`
    audit.recordBounded(key, { event: 'access-denied', subject, session: id, groups, remote })
  }

  /** Answers 401, or sends a browser to the login page. */
  function toLogin(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
    const location = problem.status === 401 ? loginLocation(request, proxy, loginPath) : null
    if (location === null) return sendProblem(request, reply, problem)
    if (proxy.login !== 'location') return reply.headers(SECURITY_HEADERS).redirect(location, 302)
    return sendProblem(request, reply.header('location', location), problem)
  }
}
