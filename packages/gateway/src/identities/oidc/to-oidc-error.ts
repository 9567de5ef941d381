import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'
import { LoginRefusedError, ProviderUnavailableError } from '../errors.ts'

// Apart from the errors: a gateway without a provider must not load the protocol library.

/** Failures of the connection to the provider, or of the provider itself. */
const AWAY = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
])

/** Classifies an error of the protocol library; rethrows any other error. */
export function toOidcError(error: unknown): ProviderUnavailableError | LoginRefusedError {
  // An RFC 6749 error response of the provider, such as `access_denied` or `invalid_grant`: one word from a registered list.
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return new LoginRefusedError(
      `The provider answered "${error.error.replace(/[^\w.-]/g, '?').slice(0, 64)}".`,
    )
  }
  if (error instanceof ClientError) {
    const { code = 'without a code' } = error
    const inside = error.cause
    if (AWAY.has(code) || isNetworkError(inside)) return new ProviderUnavailableError(away(inside, code))
    return new LoginRefusedError(`The provider's answer is not valid (${code}).`)
  }
  if (isNetworkError(error)) return new ProviderUnavailableError(away(error, 'fetch failed'))
  throw error
}

/** `fetch` throws a `TypeError` with the reason as its cause. */
function isNetworkError(error: unknown): error is TypeError {
  return error instanceof TypeError && error.cause !== undefined
}

function away(error: unknown, code: string): string {
  const inner = isNetworkError(error) ? (error.cause as NodeJS.ErrnoException).code : undefined
  return `The provider does not answer correctly (${inner ?? code}).`
}
