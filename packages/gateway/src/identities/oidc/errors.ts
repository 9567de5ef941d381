/** The provider does not answer, or answers incorrectly. A later try may succeed. The message contains no personal data. */
export class ProviderUnavailableError extends Error {}

/** The provider refused the login, or its answer is not valid. The message contains no personal data. */
export class LoginRefusedError extends Error {}

/** The user authenticated too long ago, or the time is unknown: the user must authenticate again. */
export class AuthenticationTooOldError extends LoginRefusedError {
  readonly maxAgeSeconds: number

  constructor(message: string, maxAgeSeconds: number) {
    super(message)
    this.maxAgeSeconds = maxAgeSeconds
  }
}
