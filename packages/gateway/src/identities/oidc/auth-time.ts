import { AuthenticationTooOldError, LoginRefusedError } from '../errors.ts'

/** Maximum difference between the clocks of the provider and the gateway. */
const CLOCK_TOLERANCE_SECONDS = 30

/**
 * Checks when the user authenticated at the provider, by the claim `auth_time` of the ID token. A provider that received
 * `max_age` must send it (OpenID Connect Core, section 2). The client must check its age (section 3.1.3.7), because the
 * request went through the browser, which can remove `max_age`.
 *
 * Throws `AuthenticationTooOldError` when it is missing or too old. Pure.
 * INV-GATEWAY-13.
 */
export function checkAuthTime(authTime: unknown, maxAgeSeconds: number, nowMs: number): void {
  if (typeof authTime !== 'number' || !Number.isFinite(authTime)) {
    throw new AuthenticationTooOldError('The provider did not state when the user logged in.', maxAgeSeconds)
  }
  if (authTime + maxAgeSeconds + CLOCK_TOLERANCE_SECONDS < nowMs / 1000) {
    throw new AuthenticationTooOldError('The login at the provider was too long ago.', maxAgeSeconds)
  }
}

/**
 * Checks that an ID token was not issued in the future: then one of the clocks is wrong, and the end of the token cannot be
 * judged either (OpenID Connect Core, section 3.1.3.7, rule 10). Throws `LoginRefusedError`. Pure.
 */
export function checkIssuedAt(issuedAt: number, nowMs: number): void {
  if (issuedAt - CLOCK_TOLERANCE_SECONDS > nowMs / 1000) {
    throw new LoginRefusedError(
      'The ID token was issued in the future: compare the clocks of the provider and of this server.',
    )
  }
}
