import { errors, jwtVerify } from 'jose'
import { z } from 'zod'
import { LoginRefusedError, ProviderUnavailableError } from '../errors.ts'
import type { DiscoveredProvider } from './provider.ts'

/** OpenID Connect Back-Channel Logout 1.0, section 2.4. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** Logout tokens should live at most two minutes, and clocks differ (in seconds). */
const MAX_AGE_SECONDS = 300
const CLOCK_TOLERANCE_SECONDS = 30

/** Only public-key signatures: neither a shared secret nor `none` is accepted. */
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
    // ID tokens have a nonce, and must not be accepted as logout tokens.
    nonce: z.never().optional(),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined)

/** The claims of a logout token. */
export type LogoutClaims = z.output<typeof logoutClaims>

/**
 * Checks a logout token (Back-Channel Logout 1.0, section 2.6), except for repeated use. Throws `LoginRefusedError` when
 * it is not valid, and `ProviderUnavailableError` when the provider's keys are unavailable.
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
    throw toLogoutTokenError(error)
  })
  const claims = logoutClaims.safeParse(payload)
  if (!claims.success || !TYPES.has(protectedHeader.typ?.toLowerCase())) {
    throw new LoginRefusedError('The logout token does not follow Back-Channel Logout 1.0.')
  }
  return claims.data
}

function toLogoutTokenError(error: unknown): Error {
  const isAway =
    error instanceof errors.JWKSTimeout ||
    error instanceof TypeError ||
    // From the request for the keys: a status other than 200, or an answer that is not JSON.
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  if (isAway) return new ProviderUnavailableError("The provider's keys are unavailable.")
  if (error instanceof errors.JOSEError) {
    return new LoginRefusedError(`The logout token is not valid (${error.code}).`)
  }
  return error as Error
}
