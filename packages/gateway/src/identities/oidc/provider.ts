import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import * as client from 'openid-client'
import type { OidcConfig } from '../../config/identities.ts'
import { ProviderAwayError } from './trouble.ts'

/** How long what the provider says of itself is used before it is asked again (in milliseconds). */
const FRESH_MS = 3600 * 1000
/** After a failure the provider is left alone for this long (in milliseconds), however many people press the button. */
const RESPITE_MS = 1000

/** The provider, as its discovery document describes it. */
export interface DiscoveredProvider {
  configuration: client.Configuration
  /** Finds the key that signed a token. */
  keys: JWTVerifyGetKey
}

/** Finds the provider. Throws `ProviderAwayError` while it does not answer. */
export type FindProvider = () => Promise<DiscoveredProvider>

/**
 * Asks the provider for its discovery document when it is first needed, and again after an hour. While it is away what
 * it said before stays in use. However many ask, one question is under way.
 */
export function createFindProvider(config: OidcConfig, now: () => number = Date.now): FindProvider {
  let known: DiscoveredProvider | null = null
  let trouble: ProviderAwayError | null = null
  let askAgainAtMs = 0
  let asking: Promise<void> | null = null

  async function ask(): Promise<void> {
    try {
      known = await discover(config)
      trouble = null
      askAgainAtMs = now() + FRESH_MS
    } catch (error) {
      trouble = new ProviderAwayError(`${config.issuer} cannot be discovered (${reasonOf(error)}).`)
      askAgainAtMs = now() + RESPITE_MS
    }
  }

  return async () => {
    if (now() >= askAgainAtMs) {
      asking ??= ask().finally(() => {
        asking = null
      })
      // With what it said before nobody waits: least of all a log-out, which only offers one there.
      if (known === null) await asking
    }
    if (known !== null) return known
    throw trouble ?? new ProviderAwayError(`${config.issuer} was not asked yet.`)
  }
}

async function discover(config: OidcConfig): Promise<DiscoveredProvider> {
  const issuer = new URL(config.issuer)
  const configuration = await client.discovery(issuer, config.clientId, {}, authenticationOf(config), {
    // In seconds.
    timeout: config.timeoutMs / 1000,
    execute: [
      // The signature of ID tokens is checked, too, although they come straight from the provider.
      client.enableNonRepudiationChecks,
      // The configuration allows http:// on loopback only.
      ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
    ],
  })
  const { jwks_uri: jwksUri } = configuration.serverMetadata()
  if (jwksUri === undefined) throw new ProviderAwayError('its discovery document names no keys')
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
