import { GatewayError } from '../base/errors.ts'

/** A server of the directory failed to do what was requested. The message names the server and contains no personal data. */
export class LdapServerError extends GatewayError {
  override readonly code = 'DIRECTORY_UNAVAILABLE'
}

/** The provider does not answer, or answers incorrectly. A later try may succeed. The message contains no personal data. */
export class ProviderUnavailableError extends GatewayError {
  override readonly code = 'PROVIDER_UNAVAILABLE'
}

/** The provider refused the login, or its answer is not valid. The message contains no personal data. */
export class LoginRefusedError extends GatewayError {
  override readonly code: 'LOGIN_REFUSED' | 'AUTHENTICATION_TOO_OLD' = 'LOGIN_REFUSED'
}

/** The user authenticated too long ago, or the time is unknown: the user must authenticate again. */
export class AuthenticationTooOldError extends LoginRefusedError {
  override readonly code = 'AUTHENTICATION_TOO_OLD'
  readonly maxAgeSeconds: number

  constructor(message: string, maxAgeSeconds: number) {
    super(message)
    this.maxAgeSeconds = maxAgeSeconds
  }
}

/** The provider vouches for the user, but a session cannot carry all groups of the user. */
export class TooManyGroupsError extends LoginRefusedError {}
