import { hkdfSync, type KeyObject } from 'node:crypto'

const KEY_BYTES = 32

/**
 * Derives a key of 256 bits for one purpose, always the same for one secret: HKDF with SHA-256 (RFC 5869), without a salt,
 * and with `holdfast PURPOSE` as its label. Every key and password that Holdfast derives comes from here. A secret may have one
 * purpose only once: state a purpose that no other caller has.
 */
export const deriveKey = (secret: KeyObject | Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `holdfast ${purpose}`, KEY_BYTES))
