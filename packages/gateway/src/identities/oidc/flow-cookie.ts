import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Seals the part of an unfinished login that the browser keeps. */
export interface FlowSeal {
  seal(flowToken: string): string
  /** Null for a value that no gateway of this data centre sealed. */
  unseal(cookie: string): string | null
}

/**
 * A flow is a session of the store, and its token would be valid at every server that verifies tokens. So the browser gets
 * it sealed, and only the gateways of this data centre can open it. The key is derived from the index key of the key ring,
 * which every gateway has and which never changes.
 * INV-GATEWAY-12.
 */
export function createFlowSeal(indexKey: string): FlowSeal {
  const secret = Buffer.from(indexKey, 'base64')
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'holdfast gateway oidc flow cookie 1', 32))
  return {
    seal(flowToken) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
      const sealed = Buffer.concat([cipher.update(flowToken, 'utf8'), cipher.final()])
      return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')
    },
    unseal(cookie) {
      const box = Buffer.from(cookie, 'base64url')
      if (box.length <= IV_BYTES + TAG_BYTES) return null
      const decipher = createDecipheriv(CIPHER, key, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAuthTag(box.subarray(-TAG_BYTES))
      try {
        const opened = decipher.update(box.subarray(IV_BYTES, -TAG_BYTES))
        return Buffer.concat([opened, decipher.final()]).toString('utf8')
      } catch {
        // The tag does not match: no gateway of this data centre sealed this value.
        return null
      }
    },
  }
}
