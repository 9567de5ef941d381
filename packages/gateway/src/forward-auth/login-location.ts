import type { FastifyRequest } from 'fastify'
import { wantsHtml } from '../http/answer.ts'
import { MAX_RETURN_TO_LENGTH, safeReturnTo } from '../http/return-to.ts'
import type { ProxyConvention } from './proxies.ts'

/**
 * Where a browser goes to log in, with the address to return to. Null for a program, which gets a 401. A browser is a
 * client that requests a page by GET: any other request could not be repeated after the login.
 *
 * An address that is too long in encoded form is replaced by the start page.
 *
 * Both the login page and the return address are paths on the same host, because the cookie is valid for that host only
 * (`__Host-`), unless `cookieDomain` is set.
 */
export function loginLocation(
  request: FastifyRequest,
  { original, login }: ProxyConvention,
  loginPath: string,
): string | null {
  if (!wantsHtml(request)) return null
  const asked = original(request.raw)
  if (asked?.method !== 'GET') return null
  const returnTo = encodeURIComponent(safeReturnTo(encodeRawBytes(asked.target)))
  // A proxy would refuse a longer request line, and the user could not log in at all.
  const way = returnTo.length > MAX_RETURN_TO_LENGTH ? encodeURIComponent('/') : returnTo
  const path = `${loginPath}?return_to=${way}${maxAgeOf(request)}`
  if (login !== 'absolute-redirect') return path
  return asked.origin === null ? null : asked.origin + path
}

/** Percent-encodes bytes outside of ASCII, which Node shows as the characters of ISO 8859-1. */
const encodeRawBytes = (target: string) =>
  target.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)

/** Passes `max_age` on, so that the login page also asks a user whose login is too old. */
function maxAgeOf({ query }: FastifyRequest): string {
  const { max_age: maxAge } = query as { max_age?: unknown }
  return typeof maxAge === 'string' && /^\d{1,9}$/.test(maxAge) ? `&max_age=${maxAge}` : ''
}
