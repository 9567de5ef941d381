import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { randomFrom } from './random.ts'

/** AES-256-GCM with a random 96-bit IV and a 128-bit tag (NIST SP 800-38D). A box is IV, ciphertext, tag. */
const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** The number of bytes that sealing adds to a text. */
export const SEAL_OVERHEAD_BYTES = IV_BYTES + TAG_BYTES

/**
 * Derives the key that seals the claims of a session from the token itself. Without the token, a client that can
 * read the Redis data cannot read the claims. The name of the data centre is part of the derivation, so a record
 * that was copied to another data centre opens nothing there. The derivation is the one-step KDF of NIST SP 800-56C
 * Rev. 2, section 4, with SHA-256: a counter, the token with its 256 random bits, and the purpose of the key
 * (FACT-61).
 */
export function claimsKey(token: string, dataCentre: string): KeyObject {
  return keyOfToken(token, `claims 1 ${dataCentre}`)
}

/** Derives the key that hides the names of the claims of an external session from its secret, as {@link claimsKey}. */
export function claimNamesKey(secret: string, dataCentre: string): KeyObject {
  return keyOfToken(secret, `claim names 1 ${dataCentre}`)
}

function keyOfToken(token: string, purpose: string): KeyObject {
  return createSecretKey(hash('sha256', `\0\0\0\x01${token}holdfast ${purpose}`, 'hex'), 'hex')
}

/** Seals `text` and binds it to `context`. Opening it requires the same context. */
export function seal(key: KeyObject, text: string, context: string): Buffer {
  const iv = randomFrom(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Opens a box, or returns null if the key or the context is different, or the box was changed. */
export function unseal(key: KeyObject, box: Buffer, context: string): string | null {
  if (box.length < SEAL_OVERHEAD_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES))
  try {
    return (
      decipher.update(box.subarray(IV_BYTES, box.length - TAG_BYTES), undefined, 'utf8') +
      decipher.final('utf8')
    )
  } catch {
    return null
  }
}
