import { deriveKey, type Keyring } from '@holdfast/tokens/keyring'

/**
 * The keys for one purpose, derived from the sealing keys of a key ring, so that they rotate with them. The key of the
 * current sealing key is the first. `keyring` returns the ring in use.
 * INV-GATEWAY-37.
 */
export function createRingKeys(
  keyring: () => Keyring,
  purpose: string,
): () => readonly [Buffer, ...Buffer[]] {
  let ring: Keyring | null = null
  let derived: [Buffer, ...Buffer[]] | null = null
  return () => {
    const now = keyring()
    if (derived === null || now !== ring) {
      const { [now.current]: current = '', ...others } = now.keys
      derived = [derive(current, purpose), ...Object.values(others).map((key) => derive(key, purpose))]
      ring = now
    }
    return derived
  }
}

/** Derives a key from a key in base64. */
export function derive(key: string, purpose: string): Buffer {
  return deriveKey(Buffer.from(key, 'base64'), purpose)
}
