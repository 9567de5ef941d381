import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** AES-256-GCM with a random 96-bit IV and a 128-bit tag (NIST SP 800-38D). A box is IV, ciphertext, tag. */
const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** The bytes that sealing adds to a text. */
export const SEAL_OVERHEAD_BYTES = IV_BYTES + TAG_BYTES

/**
 * The key that seals a session's claims, derived from the token itself by HKDF-SHA-256 (RFC 5869): who holds
 * the data of Redis, but not the token, cannot read them. The data centre's name is part of the derivation,
 * so a record that was copied to another data centre opens nothing there.
 */
export function claimsKey(token: string, dataCentre: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', `holdfast claims 1 ${dataCentre}`, 32))
}

/** Seals `text` and binds it to `context`, which must be the same to open it. */
export function seal(key: Buffer, text: string, context: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Opens a box, or returns null when the key or the context is another, or the box was changed. */
export function unseal(key: Buffer, box: Buffer, context: string): string | null {
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
