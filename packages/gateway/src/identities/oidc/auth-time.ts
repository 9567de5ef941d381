import { AuthenticationTooOldError } from './trouble.ts'

/** The clocks of a provider and of a gateway may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 30

/**
 * Checks when the person authenticated at the provider, by the claim `auth_time` of the ID token. A provider that was
 * asked by `max_age` must tell it (OpenID Connect Core, section 2), and whether it is late enough is the client's to
 * check (section 3.1.3.7): the request went through the browser, where `max_age` can be taken out.
 *
 * Throws `AuthenticationTooOldError` when it is missing or too old. Pure.
 * INV-GATEWAY-13.
 */
export function checkAuthTime(authTime: unknown, maxAgeSeconds: number, nowMs: number): void {
  if (typeof authTime !== 'number' || !Number.isFinite(authTime)) {
    throw new AuthenticationTooOldError('The provider does not say when the person logged in.', maxAgeSeconds)
  }
  if (authTime + maxAgeSeconds + CLOCK_TOLERANCE_SECONDS < nowMs / 1000) {
    throw new AuthenticationTooOldError('The login at the provider was too long ago.', maxAgeSeconds)
  }
}
