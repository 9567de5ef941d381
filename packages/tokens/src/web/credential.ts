import { parseCookie } from 'cookie'
import { headerOf, type RequestHeaders } from './headers.ts'

/** The token of a request, and where it was. */
export interface Credential {
  token: string
  from: 'bearer' | 'cookie'
}

/**
 * Returns the token of a request, or null. A bearer token (RFC 6750) takes precedence over a cookie, because a client
 * sends it on purpose. The query string is ignored: URLs end up in logs and histories.
 */
export function readCredential(headers: RequestHeaders, cookieName: string): Credential | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headerOf(headers, 'authorization') ?? '')?.[1]
  if (bearer !== undefined) return { token: bearer, from: 'bearer' }
  const token = readCookie(headers, cookieName)
  return token === null ? null : { token, from: 'cookie' }
}

/**
 * Returns the value of the first cookie with this name, or null. If several match, the cookie with the longest path
 * comes first (RFC 6265, section 5.4).
 */
export function readCookie(headers: RequestHeaders, name: string): string | null {
  return parseCookie(headerOf(headers, 'cookie') ?? '')[name] || null
}
