import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Keyring } from '@holdfast/tokens'
import { createRingKeys, derive } from '../../base/ring-keys.ts'

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
 * it sealed, and only the gateways of this data centre can open it. The key is derived from the current sealing key of the
 * key ring, which every gateway has; older ones still open. `keyring` returns the ring in use.
 *
 * A gateway of an earlier version cannot open it: during an upgrade, a login that began at a new gateway and returns to an
 * old one must be repeated.
 * INV-GATEWAY-12.
 */
export function createFlowSeal(keyring: () => Keyring): FlowSeal {
  const keys = createRingKeys(keyring, 'gateway oidc flow cookie 2')
  const earlier = derive(keyring().index, 'gateway oidc flow cookie 1')
  return {
    seal(flowToken) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, keys()[0], iv, { authTagLength: TAG_BYTES })
      const sealed = Buffer.concat([cipher.update(flowToken, 'utf8'), cipher.final()])
      return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')
    },
    unseal(cookie) {
      const box = Buffer.from(cookie, 'base64url')
      if (box.length <= IV_BYTES + TAG_BYTES) return null
      for (const key of [...keys(), earlier]) {
        const opened = open(box, key)
        if (opened !== null) return opened
      }
      return null
    },
  }
}

/** Null when the tag does not match: no gateway of this data centre sealed this value with this key. */
function open(box: Buffer, key: Buffer): string | null {
  const decipher = createDecipheriv(CIPHER, key, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(box.subarray(-TAG_BYTES))
  try {
    const opened = decipher.update(box.subarray(IV_BYTES, -TAG_BYTES))
    return Buffer.concat([opened, decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
