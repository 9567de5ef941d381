import type { FastifyRequest } from 'fastify'
import { wantsHtml } from '../http/answer.ts'
import { safeReturnTo } from '../http/return-to.ts'
import type { ProxyConvention } from './proxies.ts'

/**
 * Where a browser goes to log in, with the address to return to. Null for a program, which gets a 401. A browser is a
 * client that requests a page by GET: any other request could not be repeated after the login.
 *
 * Both the login page and the return address are paths on the same host, because the cookie is valid for that host only
 * (`__Host-`).
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

/** Passes `max_age` on, so that the login page also asks a user whose login is too old. */
function maxAgeOf({ query }: FastifyRequest): string {
  const { max_age: maxAge } = query as { max_age?: unknown }
  return typeof maxAge === 'string' && /^\d{1,9}$/.test(maxAge) ? `&max_age=${maxAge}` : ''
}
