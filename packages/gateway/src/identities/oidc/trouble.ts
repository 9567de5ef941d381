/** The provider does not answer, or not as one. Waiting may help. The message holds nothing of a person. */
export class ProviderAwayError extends Error {}

/** The provider said no, or what it said cannot be believed. The message holds nothing of a person. */
export class LoginRefusedError extends Error {}

/** The person authenticated too long ago, or nobody knows when: they must do so again. */
export class AuthenticationTooOldError extends LoginRefusedError {
  readonly maxAgeSeconds: number

  constructor(message: string, maxAgeSeconds: number) {
    super(message)
    this.maxAgeSeconds = maxAgeSeconds
  }
}
