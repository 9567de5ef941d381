import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { OAuthClient } from '../config/clients.ts'
import type { ClientCredentials } from './credentials.ts'

export type AuthenticateClient = (presented: ClientCredentials) => OAuthClient | null

/**
 * Knows clients by their secrets, those of `clientsNow` at each question. Hashes are compared in constant time, and for an unknown client with one that no
 * secret has, so that the time of an answer does not tell which clients exist.
 */
export function createClientAuthentication(clientsNow: () => readonly OAuthClient[]): AuthenticateClient {
  let clients = clientsNow()
  let known = byId(clients)
  const nobody = { client: null, digest: randomBytes(32) }
  return ({ id, secret }) => {
    if (clientsNow() !== clients) {
      clients = clientsNow()
      known = byId(clients)
    }
    const { client, digest } = known.get(id) ?? nobody
    return timingSafeEqual(digest, hash('sha256', secret, 'buffer')) ? client : null
  }
}

function byId(clients: readonly OAuthClient[]) {
  return new Map(
    clients.map((client) => [client.id, { client, digest: Buffer.from(client.secretSha256, 'base64url') }]),
  )
}
