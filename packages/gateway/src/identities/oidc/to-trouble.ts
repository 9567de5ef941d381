import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'
import { LoginRefusedError, ProviderAwayError } from './trouble.ts'

/** Failures of the way to the provider, or of the provider itself. */
const AWAY = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
])

/** Tells which of the two an error of the protocol's library is; others are thrown on. */
export function toTrouble(error: unknown): ProviderAwayError | LoginRefusedError {
  // An answer of the provider by RFC 6749, such as `access_denied` or `invalid_grant`: one word of a registered list.
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return new LoginRefusedError(
      `The provider answered "${error.error.replace(/[^\w.-]/g, '?').slice(0, 64)}".`,
    )
  }
  if (error instanceof ClientError) {
    const { code = 'without a code' } = error
    const inside = error.cause
    if (AWAY.has(code) || isNetworkError(inside)) return new ProviderAwayError(away(inside, code))
    return new LoginRefusedError(`What the provider answered cannot be believed (${code}).`)
  }
  if (isNetworkError(error)) return new ProviderAwayError(away(error, 'fetch failed'))
  throw error
}

/** `fetch` throws a `TypeError` with the reason as its cause. */
function isNetworkError(error: unknown): error is TypeError {
  return error instanceof TypeError && error.cause !== undefined
}

function away(error: unknown, code: string): string {
  const inner = isNetworkError(error) ? (error.cause as NodeJS.ErrnoException).code : undefined
  return `The provider does not answer as it should (${inner ?? code}).`
}
