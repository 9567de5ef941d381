import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Marks a browser in which an account has logged in (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The
 * attempts of such a browser for that account are counted separately, so that other clients cannot lock it out. The cookie
 * is only for rate limits; it authenticates no user.
 */
export interface DeviceCookie {
  /** The id of this browser, if it sent the mark of this account; otherwise null. */
  read(request: FastifyRequest, account: string): string | null
  set(reply: FastifyReply, account: string): void
}

const LIFETIME_SECONDS = 400 * 24 * 3600
const NONCE_BYTES = 16
const VALUE = /^([\w-]{22})\.([\w-]{43})$/

/**
 * `indexKey` is the key ring's index key, in base64: it is the same at every gateway of a data centre, and never changes.
 * INV-GATEWAY-3.
 */
export function createDeviceCookie(options: { secure: boolean; indexKey: string }): DeviceCookie {
  const name = options.secure ? '__Host-holdfast-device' : 'holdfast-device'
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: options.secure } as const
  const key = createHmac('sha256', Buffer.from(options.indexKey, 'base64')).update('device cookie').digest()
  const sign = (nonce: string, account: string) =>
    createHmac('sha256', key).update(`${nonce} ${account}`).digest()

  return {
    read(request, account) {
      const [, nonce, signature] = VALUE.exec(request.cookies[name] ?? '') ?? []
      if (nonce === undefined || signature === undefined) return null
      return timingSafeEqual(sign(nonce, account), Buffer.from(signature, 'base64url')) ? nonce : null
    },
    set(reply, account) {
      const nonce = randomBytes(NONCE_BYTES).toString('base64url')
      const value = `${nonce}.${sign(nonce, account).toString('base64url')}`
      reply.setCookie(name, value, { ...attributes, maxAge: LIFETIME_SECONDS })
    },
  }
}
