import type { Claims, JsonValue } from '@holdfast/tokens'
import type { IDToken } from 'openid-client'

/** The ID token is left out of a session when it is longer (in characters). */
const MAX_ID_TOKEN_LENGTH = 4096

/** Whose session, and which one, at the provider. */
interface ProviderSession {
  sub: string
  sid?: string
  idToken?: string
}

/** What a session carries of the login at the provider by which it began, as its claim `oidc`. */
export function providerClaim({ sub, sid }: IDToken, idToken: string | undefined): Claims {
  return {
    sub,
    ...(typeof sid === 'string' ? { sid } : {}),
    ...(idToken !== undefined && idToken.length <= MAX_ID_TOKEN_LENGTH ? { idToken } : {}),
  }
}

/** What {@link providerClaim} wrote; null for a session that began in another way. */
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
