import type { FastifyRequest } from 'fastify'
import { wantsHtml } from '../http/answer.ts'
import { safeReturnTo } from '../http/return-to.ts'
import type { ProxyConvention } from './proxies.ts'

/**
 * Where a browser goes to log in, with the address to come back to; null for a program, which gets a 401. A browser is
 * one that asks for a page by GET: anything else could not be taken up again after the login.
 *
 * The way back is a path of the same host, and so is the login page: the cookie is for that host alone (`__Host-`).
 */
export function loginLocation(
  request: FastifyRequest,
  { original, login }: ProxyConvention,
  loginPath: string,
): string | null {
  if (!wantsHtml(request)) return null
  const asked = original(request.raw)
  if (asked?.method !== 'GET') return null
  const path = `${loginPath}?return_to=${encodeURIComponent(safeReturnTo(asked.target))}${maxAgeOf(request)}`
  if (login !== 'absolute-redirect') return path
  return asked.origin === null ? null : asked.origin + path
}

/** So that the login page asks somebody, too, who is logged in, but not lately enough. */
function maxAgeOf({ query }: FastifyRequest): string {
  const { max_age: maxAge } = query as { max_age?: unknown }
  return typeof maxAge === 'string' && /^\d{1,9}$/.test(maxAge) ? `&max_age=${maxAge}` : ''
}
