import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { OAuthClient } from '../config/clients.ts'
import type { ClientCredentials } from './credentials.ts'

export type AuthenticateClient = (presented: ClientCredentials) => OAuthClient | null

/**
 * Authenticates clients by their secrets; `clientsNow` returns the current ones. Hashes are compared in constant time. For
 * an unknown client the comparison uses a random hash, so that timing does not reveal which clients exist.
 */
export function createClientAuthentication(clientsNow: () => readonly OAuthClient[]): AuthenticateClient {
  let clients = clientsNow()
  let known = byId(clients)
  const unknownClient = { client: null, digest: randomBytes(32) }
  return ({ id, secret }) => {
    if (clientsNow() !== clients) {
      clients = clientsNow()
      known = byId(clients)
    }
    const { client, digest } = known.get(id) ?? unknownClient
    return timingSafeEqual(digest, hash('sha256', secret, 'buffer')) ? client : null
  }
}

function byId(clients: readonly OAuthClient[]) {
  return new Map(
    clients.map((client) => [client.id, { client, digest: Buffer.from(client.secretSha256, 'base64url') }]),
  )
}

/** A new client secret: 256 random bits, with a prefix by which secret scanners recognise it. */
export function generateClientSecret(): string {
  return `hfc_${randomBytes(32).toString('base64url')}`
}

/** The hash of a secret, for the configuration. */
export function clientSecretHash(secret: string): string {
  return hash('sha256', secret, 'base64url')
}
