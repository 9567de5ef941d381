import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Marks a browser in which an account has logged in (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"):
 * the tries of such a browser for that account are counted apart, so that nobody else's can lock it out. It says who
 * need not wait, never who somebody is.
 */
export interface DeviceCookie {
  /** Names this browser, when it brought the mark of this account; else null. */
  read(request: FastifyRequest, account: string): string | null
  set(reply: FastifyReply, account: string): void
}

const LIFETIME_SECONDS = 400 * 24 * 3600
const NONCE_BYTES = 16
const VALUE = /^([\w-]{22})\.([\w-]{43})$/

/**
 * `indexKey` is the key ring's index key, in base64: every gateway of a data centre has the same, and it stays.
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
