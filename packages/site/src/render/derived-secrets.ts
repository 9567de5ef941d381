import { createPrivateKey, createPublicKey } from 'node:crypto'
import { deriveKey } from '@holdfast/tokens/keyring'
import type { Secrets } from '../secrets/secrets.ts'

/** Derives from the index key of the key ring, which is never rotated. */
const derive = ({ keyring }: Secrets, purpose: string): Buffer =>
  deriveKey(Buffer.from(keyring.index, 'base64'), purpose)

/**
 * The password of the ACL user `platform`, for applications that do not use the library. Derived until it is first
 * rotated.
 */
export const platformPassword = (secrets: Secrets): string =>
  secrets.platform ?? derive(secrets, 'password platform').toString('base64url')

/** The password of a Redis user of proxied clients. Derived until it is first rotated. */
export const proxyPassword = (secrets: Secrets, user: string): string =>
  secrets.proxyUsers?.[user] ?? derive(secrets, `password proxy ${user}`).toString('base64url')

/** The WireGuard keys of one host, in base64. */
export interface TunnelKeys {
  private: string
  public: string
}

/** DER of a PKCS #8 private key of X25519, before its 32 bytes (RFC 8410 section 7). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function tunnelKeys(secrets: Secrets, dataCentre: string, host: string): TunnelKeys {
  const bytes = derive(secrets, `tunnel key ${dataCentre}/${host}`)
  clamp(bytes)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_X25519, bytes]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return { private: bytes.toString('base64'), public: Buffer.from(String(x), 'base64url').toString('base64') }
}

/** The preshared key of two hosts. Recorded traffic stays confidential even if X25519 is broken later. */
export const tunnelSharedKey = (secrets: Secrets, dataCentre: string, one: string, other: string): string =>
  derive(secrets, `tunnel pair ${dataCentre}/${[one, other].sort().join('/')}`).toString('base64')

/** Clamps a scalar as `wg genkey` does (RFC 7748 section 5). */
function clamp(bytes: Buffer): void {
  bytes.writeUInt8(bytes.readUInt8(0) & 248, 0)
  bytes.writeUInt8((bytes.readUInt8(31) & 127) | 64, 31)
}
