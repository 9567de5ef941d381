import {
  createSessionCookie as describeCookie,
  type SessionCookie as TokenCookie,
} from '@holdfast/tokens/web'
import type { FastifyReply } from 'fastify'

/** The cookie that contains the token. */
export interface SessionCookie extends Pick<TokenCookie, 'name'> {
  /** True when it is sent over HTTPS only. */
  readonly secure: boolean
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

/** With `domain` all its sub-domains share the cookie. */
export function createSessionCookie(options: {
  secure: boolean
  domain?: string | undefined
}): SessionCookie {
  const { name, ...cookie } = describeCookie(options)
  return {
    secure: options.secure,
    name,
    set: (reply, token, lifetimeMs) => void reply.header('set-cookie', cookie.set(token, lifetimeMs)),
    clear: (reply) =>
      void reply.header('set-cookie', cookie.clear()).header('clear-site-data', CLEARED_SITE_DATA),
  }
}
