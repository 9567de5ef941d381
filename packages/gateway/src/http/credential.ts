import type { FastifyRequest } from 'fastify'
import type { SessionCookie } from './cookies.ts'

/** Where a request's token may be. */
export type TokenSource = Pick<FastifyRequest, 'headers' | 'cookies'>

/** A token as a request brought it. A query string is never looked at: it ends up in logs and histories. */
export interface Credential {
  token: string
  from: 'bearer' | 'cookie'
}

/** The token of a request, or null. A bearer token is said on purpose and goes before a cookie. */
export function readCredential(request: TokenSource, cookie: SessionCookie): Credential | null {
  const { authorization } = request.headers
  const bearer = authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (bearer !== undefined) return { token: bearer, from: 'bearer' }
  const token = cookie.read(request)
  return token === undefined ? null : { token, from: 'cookie' }
}
