import { hash, randomBytes } from 'node:crypto'

/** A new secret of a client: 256 random bits, with a prefix by which scanners of leaked secrets know it. */
export function generateClientSecret(): string {
  return `hfc_${randomBytes(32).toString('base64url')}`
}

/** What a configuration keeps of a secret. */
export function clientSecretHash(secret: string): string {
  return hash('sha256', secret, 'base64url')
}
