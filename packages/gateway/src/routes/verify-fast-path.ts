import type { IncomingMessage } from 'node:http'
import type { Active } from '@holdfast/tokens'
import type { AccessPolicy } from '../access/rules.ts'
import { decideWithoutSession, decideWithSession, requirementFor } from '../forward-auth/decision.ts'
import type { AllowHeaders } from '../forward-auth/identity-headers.ts'
import { PROXIES } from '../forward-auth/proxies.ts'
import type { PreRouter } from '../http/pre-router.ts'
import type { HttpMetrics } from '../metrics/http.ts'
import type { Services } from '../services/services.ts'

export interface VerifyFastPathOptions {
  /** The current rules. */
  access: () => AccessPolicy | undefined
  headersOf: AllowHeaders
  metrics: Pick<HttpMetrics, 'timer'>
  /** Keeps the session of a request that is passed on to `routes/verify.ts`, so that it is verified only once. */
  found: WeakMap<IncomingMessage, Active>
}

/**
 * Answers the most frequent question of a proxy before the framework sees it: an allowed request of a session in the cache.
 * The framework's hooks and promises would take longer than the answer. All other cases (waiting, an error, a login page)
 * are passed on to `routes/verify.ts`, which decides by the same functions.
 *
 * Envoy's questions always take that way: their paths, methods and bodies are those of the client's requests.
 * INV-GATEWAY-6.
 */
export function createVerifyFastPath(
  { checkCachedSession, lifecycle }: Services,
  { access, headersOf, metrics, found }: VerifyFastPathOptions,
): PreRouter {
  // An address with a query is not in this map, and is passed on.
  const conventions = new Map(
    PROXIES.filter(({ anyMethod }) => !anyMethod).map((proxy) => [
      proxy.url,
      { proxy, GET: metrics.timer('GET', proxy.url, 200), HEAD: metrics.timer('HEAD', proxy.url, 200) },
    ]),
  )

  return (request, response) => {
    const startedMs = performance.now()
    const { url = '', method, headers } = request
    const convention = conventions.get(url)
    if (convention === undefined || (method !== 'GET' && method !== 'HEAD') || lifecycle.draining)
      return false
    const requirement = requirementFor(access(), convention.proxy, request)
    let decision = decideWithoutSession(requirement)
    if (decision === null) {
      const session = checkCachedSession({ headers })
      decision = session && decideWithSession(requirement, session, null, Date.now())
      if (session !== null && decision?.kind !== 'pass') found.set(request, session)
    }
    if (decision?.kind !== 'pass') return false
    response.writeHead(200, headersOf(decision.session)).end()
    convention[method](performance.now() - startedMs)
    return true
  }
}
