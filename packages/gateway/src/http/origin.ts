import type { IncomingHttpHeaders } from 'node:http'
import { isCrossSite } from '@holdfast/tokens/web'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { rateLimitedLog } from '../base/throttles.ts'
import { isPrivateUrl } from '../config/fields.ts'
import { clientAddress } from './client-address.ts'
import type { SessionCookie } from './credential.ts'
import { crossSite, insecurePage, type Problem } from './problems.ts'

interface OriginCheckOptions {
  audit: Pick<Audit, 'recordBounded'>
  cookie: Pick<SessionCookie, 'secure'>
  log: Pick<FastifyBaseLogger, 'warn'>
}

/**
 * True when a browser sent this request from a page of this host that it got by plain HTTP. Another host on the way can have
 * written that page, and the browser keeps no secure cookie of the answer. Pages of loopback addresses are excepted.
 */
export function isFromInsecurePage(headers: IncomingHttpHeaders, host = headers.host): boolean {
  const { origin } = headers
  if (origin === undefined || !URL.canParse(origin)) return false
  const page = new URL(origin)
  return page.protocol === 'http:' && page.host === host?.toLowerCase() && !isPrivateUrl(page, 'https:')
}

/** Why a request must be refused because of the page that sent it, or null. */
export type OriginCheck = (request: FastifyRequest) => Problem | null

/**
 * Makes the check of all routes that change something by cookie, and of the login. It answers `INSECURE_PAGE` to a page that was opened by http:// when the
 * cookie is secure, because the browser would not keep it, and `CROSS_SITE` to a page of another site. The caller must send
 * the problem. The first is logged for the operator, who can redirect http:// to https://; the second is audited. The host is
 * the one that the browser requested, as reported by a trusted proxy if there is one.
 * INV-GATEWAY-4.
 */
export function createOriginCheck({ audit, cookie, log }: OriginCheckOptions): OriginCheck {
  const logInsecurePage = rateLimitedLog()
  return (request) => {
    const { headers, host } = request
    if (cookie.secure && isFromInsecurePage(headers, host)) {
      logInsecurePage((heldBack) =>
        log.warn(
          { event: 'insecure-page', host, heldBack },
          'A request was refused because its page was opened by http://: redirect http:// to https:// at the proxy',
        ),
      )
      return insecurePage
    }
    if (!isCrossSite({ headers, host })) return null
    const [route, remote] = [request.routeOptions.url ?? '', clientAddress(request)]
    audit.recordBounded(`${route} ${remote}`, { event: 'cross-site-refused', route, remote })
    return crossSite
  }
}
