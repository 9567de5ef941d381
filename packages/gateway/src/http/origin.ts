import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { isPrivateUrl } from '../config/fields.ts'
import { clientAddress } from './client-address.ts'
import type { SessionCookie } from './credential.ts'

interface OriginChecks {
  audit: Pick<Audit, 'recordBounded'>
  cookie: Pick<SessionCookie, 'secure'>
}

/**
 * True when a browser sent this request from a page of another site. Every change by cookie refuses such a request, and so
 * does the login: a foreign page must neither log a user out nor log the user in under another name.
 *
 * SameSite=Lax is not enough: it allows pages of sibling domains, also where they share the cookie (`cookieDomain`), and a login
 * needs no cookie. `Sec-Fetch-Site` is set by
 * the browser (all browsers since 2023, over HTTPS or on loopback); older ones, and plain HTTP, send `Origin` with each
 * POST. A client that sends neither is not a browser and holds no other user's cookies. `host` is the host that the browser
 * requested, as reported by a trusted proxy if there is one.
 * INV-GATEWAY-4.
 */
export function isCrossSite(headers: IncomingHttpHeaders, host = headers.host): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()
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

/**
 * True as {@link isCrossSite}, or if the cookie is secure and the page was not; then the request is recorded in the audit log,
 * and the caller must refuse it.
 */
export function isRefusedAsCrossSite(request: FastifyRequest, services: OriginChecks): boolean {
  const { audit, cookie } = services
  const isInsecure = cookie.secure && isFromInsecurePage(request.headers, request.host)
  if (!isInsecure && !isCrossSite(request.headers, request.host)) return false
  const [route, remote] = [request.routeOptions.url ?? '', clientAddress(request)]
  audit.recordBounded(`${route} ${remote}`, { event: 'cross-site-refused', route, remote })
  return true
}
