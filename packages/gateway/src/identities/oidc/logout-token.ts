import { errors, jwtVerify } from 'jose'
import { z } from 'zod'
import type { DiscoveredProvider } from './provider.ts'
import { LoginRefusedError, ProviderAwayError } from './trouble.ts'

/** OpenID Connect Back-Channel Logout 1.0, section 2.4. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** Logout tokens live two minutes or less by recommendation; clocks differ (in seconds). */
const MAX_AGE_SECONDS = 300
const CLOCK_TOLERANCE_SECONDS = 30

/** No shared secret signs one, and `none` nobody's. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const TYPES = new Set([undefined, 'jwt', 'logout+jwt', 'application/logout+jwt'])

const logoutClaims = z
  .object({
    jti: z.string().min(1).max(1024),
    sub: z.string().min(1).optional(),
    sid: z.string().min(1).optional(),
    events: z.object({ [EVENT]: z.looseObject({}) }),
    // An ID token has one, and must not pass for a logout token.
    nonce: z.never().optional(),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined)

/** What a logout token says. */
export type LogoutClaims = z.output<typeof logoutClaims>

/**
 * Checks a logout token (Back-Channel Logout 1.0, section 2.6; whether it was used before is not looked at).
 * Throws `LoginRefusedError` when it is not valid, `ProviderAwayError` when the provider's keys cannot be had.
 */
export async function checkLogoutToken(
  token: string,
  { configuration, keys }: DiscoveredProvider,
): Promise<LogoutClaims> {
  const { issuer } = configuration.serverMetadata()
  const { client_id: audience } = configuration.clientMetadata()
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['iat', 'exp', 'jti'],
    maxTokenAge: MAX_AGE_SECONDS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  }).catch((error: unknown) => {
    throw troubleOf(error)
  })
  const claims = logoutClaims.safeParse(payload)
  if (!claims.success || !TYPES.has(protectedHeader.typ?.toLowerCase())) {
    throw new LoginRefusedError('The logout token is not one of Back-Channel Logout 1.0.')
  }
  return claims.data
}

function troubleOf(error: unknown): Error {
  const isAway =
    error instanceof errors.JWKSTimeout ||
    error instanceof TypeError ||
    // Of the fetch of the keys: a status other than 200, or no JSON.
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  if (isAway) return new ProviderAwayError("The provider's keys cannot be had.")
  if (error instanceof errors.JOSEError) {
    return new LoginRefusedError(`The logout token is not valid (${error.code}).`)
  }
  return error as Error
}
