import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import * as client from 'openid-client'
import type { OidcConfig } from '../../config/identities.ts'
import { ProviderUnavailableError } from '../errors.ts'

/** How long the discovery document is used before it is fetched again (in milliseconds). */
const FRESH_MS = 3600 * 1000
/** After a failure the provider gets no request for this long (in milliseconds), even if many users try to log in. */
const RETRY_DELAY_MS = 1000

/** The provider, as its discovery document describes it. */
export interface DiscoveredProvider {
  configuration: client.Configuration
  /** Finds the key that signed a token. */
  keys: JWTVerifyGetKey
}

/** Finds the provider. Throws `ProviderUnavailableError` while it does not answer. */
export type FindProvider = () => Promise<DiscoveredProvider>

/**
 * Fetches the provider's discovery document when it is first needed, and again after an hour. While the provider is
 * unavailable, the last document stays in use. At most one request is pending, however many callers wait.
 */
export function createFindProvider(config: OidcConfig, now: () => number = Date.now): FindProvider {
  let known: DiscoveredProvider | null = null
  let failure: ProviderUnavailableError | null = null
  let askAgainAtMs = 0
  let asking: Promise<void> | null = null

  async function ask(): Promise<void> {
    try {
      known = await discover(config)
      failure = null
      askAgainAtMs = now() + FRESH_MS
    } catch (error) {
      failure = new ProviderUnavailableError(`${config.issuer} cannot be discovered (${reasonOf(error)}).`)
      askAgainAtMs = now() + RETRY_DELAY_MS
    }
  }

  return async () => {
    if (now() >= askAgainAtMs) {
      asking ??= ask().finally(() => {
        asking = null
      })
      // With a known document no caller waits, least of all a logout, which only offers one at the provider.
      if (known === null) await asking
    }
    if (known !== null) return known
    throw failure ?? new ProviderUnavailableError(`${config.issuer} was not contacted yet.`)
  }
}

async function discover(config: OidcConfig): Promise<DiscoveredProvider> {
  const issuer = new URL(config.issuer)
  const configuration = await client.discovery(issuer, config.clientId, {}, authenticationOf(config), {
    // In seconds.
    timeout: config.timeoutMs / 1000,
    execute: [
      // Checks the signature of ID tokens, too, although they come directly from the provider.
      client.enableNonRepudiationChecks,
      // The configuration allows http:// on loopback only.
      ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
    ],
  })
  const { jwks_uri: jwksUri } = configuration.serverMetadata()
  if (jwksUri === undefined)
    throw new ProviderUnavailableError('its discovery document does not contain `jwks_uri`')
  const keys = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: config.timeoutMs })
  return { configuration, keys }
}

function authenticationOf({ clientSecret, clientAuthentication }: OidcConfig): client.ClientAuth {
  if (clientSecret === undefined) return client.None()
  return clientAuthentication === 'post'
    ? client.ClientSecretPost(clientSecret)
    : client.ClientSecretBasic(clientSecret)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const inside = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined
  return String(inside ?? ('code' in error && error.code !== undefined ? error.code : error.message))
}
