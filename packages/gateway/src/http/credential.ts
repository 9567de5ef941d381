import type { FastifyReply, FastifyRequest } from 'fastify'

/** The parts of a request that may contain its token. */
export type TokenSource = Pick<FastifyRequest, 'headers' | 'cookies'>

/** The token of a request. The query string is never read: it ends up in logs and histories. */
export interface Credential {
  token: string
  from: 'bearer' | 'cookie'
}

/** The token of a request, or null. A bearer token is sent deliberately, so it takes precedence over a cookie. */
export function readCredential(request: TokenSource, cookie: SessionCookie): Credential | null {
  const { authorization } = request.headers
  const bearer = authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (bearer !== undefined) return { token: bearer, from: 'bearer' }
  const token = cookie.read(request)
  return token === undefined ? null : { token, from: 'cookie' }
}

/** The cookie that contains the token. */
export interface SessionCookie {
  /** True when it is sent over HTTPS only. */
  readonly secure: boolean
  read(request: Pick<FastifyRequest, 'cookies'>): string | undefined
  /** With `lifetimeMs` it outlives the browser; without, it ends with the browser's session. */
  set(reply: FastifyReply, token: string, lifetimeMs?: number): void
  /** Also empties the browser's cache of this origin. Call it only after the store has acknowledged that the session ended. */
  clear(reply: FastifyReply): void
}

/**
 * The part of what a browser keeps that a logout removes: copies of pages that the user saw. Not `"cookies"`, which would remove
 * those of all hosts of the domain, and not `"storage"`, which belongs to the applications on this host.
 */
const CLEARED_SITE_DATA = '"cache"'

/**
 * Over HTTPS the name begins with `__Host-`: a browser accepts such a cookie only with Secure, Path=/ and no Domain, so
 * that no sibling domain can plant one (RFC 6265bis, section 4.1.3.2). With `domain` all its sub-domains share the cookie,
 * which needs the weaker prefix `__Secure-`. The server's own lifetimes end the session in any case.
 */
export function createSessionCookie(options: {
  secure: boolean
  domain?: string | undefined
}): SessionCookie {
  const { secure, domain } = options
  const name = domain !== undefined ? '__Secure-holdfast' : secure ? '__Host-holdfast' : 'holdfast'
  const attributes = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    ...(domain !== undefined && { domain }),
  } as const
  return {
    secure,
    read: (request) => request.cookies[name] || undefined,
    set: (reply, token, lifetimeMs) =>
      void reply.setCookie(name, token, {
        ...attributes,
        ...(lifetimeMs !== undefined && { maxAge: Math.floor(lifetimeMs / 1000) }),
      }),
    clear: (reply) => void reply.clearCookie(name, attributes).header('clear-site-data', CLEARED_SITE_DATA),
  }
}
