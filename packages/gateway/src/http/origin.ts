import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { clientAddress } from './client-address.ts'

/**
 * True when a browser sent this request from a page of another site. Every change by cookie refuses such a request, and so
 * does the login: a foreign page must neither log a user out nor log the user in under another name.
 *
 * SameSite=Lax is not enough: it allows pages of sibling domains, and a login needs no cookie. `Sec-Fetch-Site` is set by
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

/** True as {@link isCrossSite}; then the request is recorded in the audit log, and the caller must refuse it. */
export function isRefusedAsCrossSite(request: FastifyRequest, audit: Pick<Audit, 'recordBounded'>): boolean {
  if (!isCrossSite(request.headers, request.host)) return false
  const [route, remote] = [request.routeOptions.url ?? '', clientAddress(request)]
  audit.recordBounded(`${route} ${remote}`, { event: 'cross-site-refused', route, remote })
  return true
}
