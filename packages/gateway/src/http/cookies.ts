import type { FastifyReply, FastifyRequest } from 'fastify'

/** The cookie that carries the token. */
export interface SessionCookie {
  read(request: FastifyRequest): string | undefined
  set(reply: FastifyReply, token: string): void
  /** Only after the store has acknowledged that the session ended. */
  clear(reply: FastifyReply): void
}

/**
 * Over HTTPS the name begins with `__Host-`: a browser takes such a cookie only with Secure, Path=/ and no
 * Domain, so that no sibling domain can plant one (RFC 6265bis, section 4.1.3.2). It has no Max-Age: it ends
 * with the browser's session, and the server's own lifetimes end it in any case.
 */
export function createSessionCookie(options: { secure: boolean }): SessionCookie {
  const name = options.secure ? '__Host-holdfast' : 'holdfast'
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: options.secure } as const
  return {
    read: (request) => request.cookies[name] || undefined,
    set: (reply, token) => void reply.setCookie(name, token, attributes),
    clear: (reply) => void reply.clearCookie(name, attributes),
  }
}
