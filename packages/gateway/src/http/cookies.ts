import type { FastifyReply, FastifyRequest } from 'fastify'

/** The cookie that carries the token. */
export interface SessionCookie {
  /** Whether it goes over HTTPS only. */
  readonly secure: boolean
  read(request: Pick<FastifyRequest, 'cookies'>): string | undefined
  /** With `lifetimeMs` it outlives the browser, for as long; without, it ends with the browser's session. */
  set(reply: FastifyReply, token: string, lifetimeMs?: number): void
  /** Only after the store has acknowledged that the session ended. */
  clear(reply: FastifyReply): void
}

/**
 * Over HTTPS the name begins with `__Host-`: a browser takes such a cookie only with Secure, Path=/ and no
 * Domain, so that no sibling domain can plant one (RFC 6265bis, section 4.1.3.2). The server's own lifetimes
 * end the session in any case.
 */
export function createSessionCookie(options: { secure: boolean }): SessionCookie {
  const name = options.secure ? '__Host-holdfast' : 'holdfast'
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: options.secure } as const
  return {
    secure: options.secure,
    read: (request) => request.cookies[name] || undefined,
    set: (reply, token, lifetimeMs) =>
      void reply.setCookie(name, token, {
        ...attributes,
        ...(lifetimeMs !== undefined && { maxAge: Math.floor(lifetimeMs / 1000) }),
      }),
    clear: (reply) => void reply.clearCookie(name, attributes),
  }
}
