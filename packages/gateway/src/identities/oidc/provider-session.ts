import type { Claims, JsonValue } from '@holdfast/tokens'
import type { IDToken } from 'openid-client'

/** A longer ID token is not stored in the session (in characters). */
const MAX_ID_TOKEN_LENGTH = 4096

/** The user and the session at the provider. */
interface ProviderSession {
  sub: string
  sid?: string
  idToken?: string
}

/** The claim `oidc` of a session: the login at the provider by which the session began. */
export function providerClaim({ sub, sid }: IDToken, idToken: string | undefined): Claims {
  return {
    sub,
    ...(typeof sid === 'string' ? { sid } : {}),
    ...(idToken !== undefined && idToken.length <= MAX_ID_TOKEN_LENGTH ? { idToken } : {}),
  }
}

/** Reads the claim that {@link providerClaim} wrote; null for a session that began in another way. */
export function providerSessionOf(claims: Claims): ProviderSession | null {
  const { oidc } = claims
  if (typeof oidc !== 'object' || oidc === null || Array.isArray(oidc)) return null
  const { sub, sid, idToken } = oidc as Record<string, JsonValue>
  if (typeof sub !== 'string') return null
  return {
    sub,
    ...(typeof sid === 'string' ? { sid } : {}),
    ...(typeof idToken === 'string' ? { idToken } : {}),
  }
}
