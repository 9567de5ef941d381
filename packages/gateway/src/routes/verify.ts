import type { IncomingMessage } from 'node:http'
import type { Active } from '@holdfast/tokens'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AccessPolicy } from '../access/rules.ts'
import type { ForwardAuthConfig } from '../config/access.ts'
import { createIdentityHeaders, type HeadersOfYes } from '../forward-auth/identity-headers.ts'
import { loginLocation } from '../forward-auth/login-location.ts'
import { PROXIES, type ProxyConvention } from '../forward-auth/proxies.ts'
import { requirementFor, verdictOnAnybody, verdictOnSession } from '../forward-auth/verdict.ts'
import { sendProblem } from '../http/answer.ts'
import { answerFirst } from '../http/answer-first.ts'
import { headersForProxy } from '../http/headers.ts'
import type { Problem } from '../http/problems.ts'
import type { HttpMetrics } from '../metrics/http.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from './services.ts'
import { createVerifyAtOnce } from './verify-at-once.ts'

/** What the configuration says about `/verify`. */
export interface VerifySettings {
  /** The rules that hold now. Without any, whoever is logged in may. */
  access: () => AccessPolicy | undefined
  forwardAuth: ForwardAuthConfig
}

/**
 * `/verify…`: a proxy asks before it lets a request through (nginx `auth_request`, Traefik ForwardAuth, HAProxy, Envoy
 * ext_authz). 200 with the identity headers; 401, or a way to the login page for browsers; 403 by the access rules; 503
 * when it cannot be known. None of them ever touches the cookie.
 *
 * With `?max_age=300` in the address that the proxy asks (not Envoy, whose query is the client's), who logged in longer ago
 * than so many seconds is to log in again (RFC 9470).
 *
 * A public rule asks nobody and tells nobody's identity: it lets through during any outage.
 *
 * With `metrics`, what can be answered at once is, before the framework's hooks (`routes/verify-at-once.ts`); without, every
 * request goes through them all.
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
    const { parseCookie } = app
    answerFirst(app.server, createVerifyAtOnce(services, { access, headersOf, parseCookie, metrics, found }))
  }
  app.register(async (scope) => {
    // Envoy asks with the client's method and headers; what they say of a body does not matter here.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    for (const proxy of PROXIES) {
      const { url } = proxy
      const handler = createAnswer(proxy, services, { access, loginPath, headersOf, found })
      const method = proxy.anyMethod ? app.supportedMethods : ['GET', 'HEAD']
      const { description } = describeRoute({
        summary: 'Whether a request may pass, for a proxy that asks by this convention.',
        credentials: 'token',
        answers: {
          200: { text: 'It may; the headers say who it is.' },
          302: { text: 'A browser is to log in first (not with nginx).' },
          401: { text: 'It is to log in first.' },
          403: { text: 'The access rules do not let it pass.' },
          503: { text: 'It cannot be known now. Nobody was logged out.' },
        },
      }).config
      scope.route({ method, url, handler, config: { forProxy: true, description } })
    }
  })
}

interface AnswerOptions extends Pick<VerifySettings, 'access'> {
  loginPath: string
  headersOf: HeadersOfYes
  /** The sessions of requests that could not be answered at once, as far as they are known from there. */
  found: WeakMap<IncomingMessage, Active>
}

function createAnswer(
  proxy: ProxyConvention,
  { checkSession, store }: Services,
  { access, loginPath, headersOf, found }: AnswerOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  // With Envoy the query is that of the client's own request.
  const queryOf = ({ query }: FastifyRequest) => (proxy.anyMethod ? null : query)

  return async (request, reply) => {
    const requirement = requirementFor(access(), proxy, request.raw)
    const sessionOf = async () => found.get(request.raw) ?? (await checkSession(request))
    const verdict =
      verdictOnAnybody(requirement) ??
      verdictOnSession(requirement, await sessionOf(), queryOf(request), store.nowMs())
    if (verdict.kind === 'pass') return reply.headers(headersOf(verdict.session)).send()
    const { kind, problem } = verdict
    return kind === 'login' ? toLogin(request, reply, problem) : sendProblem(request, reply, problem)
  }

  /** Answers 401, or shows a browser the way to the login page. */
  function toLogin(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
    const location = problem.status === 401 ? loginLocation(request, proxy, loginPath) : null
    if (location === null) return sendProblem(request, reply, problem)
    if (proxy.login !== 'location') return reply.redirect(location, 302)
    return sendProblem(request, reply.header('location', location), problem)
  }
}
