import type { IncomingMessage } from 'node:http'
import type { Active } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import type { AccessPolicy } from '../access/rules.ts'
import type { HeadersOfYes } from '../forward-auth/identity-headers.ts'
import { PROXIES } from '../forward-auth/proxies.ts'
import { requirementFor, verdictOnAnybody, verdictOnSession } from '../forward-auth/verdict.ts'
import type { AnswerAtOnce } from '../http/answer-first.ts'
import type { HttpMetrics } from '../metrics/http.ts'
import type { Services } from './services.ts'

export interface VerifyAtOnceOptions {
  /** The rules that hold now. */
  access: () => AccessPolicy | undefined
  headersOf: HeadersOfYes
  /** Reads a `Cookie` header. */
  parseCookie: FastifyInstance['parseCookie']
  metrics: Pick<HttpMetrics, 'timer'>
  /** Keeps the session of a request that is left to `routes/verify.ts` after all: one question is one verification. */
  found: WeakMap<IncomingMessage, Active>
}

/**
 * The usual answer to a proxy's question, a yes to somebody of whom this process knows already, before the framework sees
 * the request: its way through hooks and promises takes longer than the answer. Whatever else a request needs, waiting, a
 * problem, a login page, it gets from `routes/verify.ts`, which judges by the same verdicts.
 *
 * Envoy's questions all go that way: they are as many addresses as the client asks for, with its methods and bodies.
 * INV-GATEWAY-6.
 */
export function createVerifyAtOnce(
  { checkSessionNow, lifecycle }: Services,
  { access, headersOf, parseCookie, metrics, found }: VerifyAtOnceOptions,
): AnswerAtOnce {
  // With a query it is another address, and not asked here.
  const ways = new Map(
    PROXIES.filter(({ anyMethod }) => !anyMethod).map((proxy) => [
      proxy.url,
      { proxy, GET: metrics.timer('GET', proxy.url, 200), HEAD: metrics.timer('HEAD', proxy.url, 200) },
    ]),
  )

  return (request, response) => {
    const startedMs = performance.now()
    const { url = '', method, headers } = request
    const way = ways.get(url)
    if (way === undefined || (method !== 'GET' && method !== 'HEAD') || lifecycle.draining) return false
    const requirement = requirementFor(access(), way.proxy, request)
    let verdict = verdictOnAnybody(requirement)
    if (verdict === null) {
      const session = checkSessionNow({ headers, cookies: parseCookie(headers.cookie ?? '') })
      verdict = session && verdictOnSession(requirement, session, null, Date.now())
      if (session !== null && verdict?.kind !== 'pass') found.set(request, session)
    }
    if (verdict?.kind !== 'pass') return false
    response.writeHead(200, headersOf(verdict.session)).end()
    way[method](performance.now() - startedMs)
    return true
  }
}
