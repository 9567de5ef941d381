import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Keyring } from '@holdfast/tokens'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createRingKeys } from '../base/ring-keys.ts'

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
 * `keyring` returns the key ring in use, which every gateway of a data centre has. A cookie counts as long as the ring
 * contains the sealing key that was current when it was set; each login sets a new one.
 *
 * Cookies of earlier versions, whose key was derived from the index key, still count, so that an upgrade makes no browser
 * unknown. They end with their lifetime.
 * INV-GATEWAY-3.
 */
export function createDeviceCookie(options: { secure: boolean; keyring: () => Keyring }): DeviceCookie {
  const name = options.secure ? '__Host-holdfast-device' : 'holdfast-device'
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: options.secure } as const
  const keys = createRingKeys(options.keyring, 'gateway device cookie 1')
  const indexKey = Buffer.from(options.keyring().index, 'base64')
  const earlier = createHmac('sha256', indexKey).update('device cookie').digest()
  const sign = (key: Buffer, nonce: string, account: string) =>
    createHmac('sha256', key).update(`${nonce} ${account}`).digest()

  return {
    read(request, account) {
      const [, nonce, signature] = VALUE.exec(request.cookies[name] ?? '') ?? []
      if (nonce === undefined || signature === undefined) return null
      const given = Buffer.from(signature, 'base64url')
      const isSigned = [...keys(), earlier].some((key) => timingSafeEqual(sign(key, nonce, account), given))
      return isSigned ? nonce : null
    },
    set(reply, account) {
      const nonce = randomBytes(NONCE_BYTES).toString('base64url')
      const value = `${nonce}.${sign(keys()[0], nonce, account).toString('base64url')}`
      reply.setCookie(name, value, { ...attributes, maxAge: LIFETIME_SECONDS })
    },
  }
}
