import { isBookkeeping, type JsonValue } from '@holdfast/tokens'
import type { OidcConfig } from '../../config/identities.ts'
import { type Identity, toIdentity } from '../../users/identity.ts'
import { LoginRefusedError } from '../errors.ts'

/** Leaves room for the session's id in the label of a link. */
const MAX_SUBJECT_LENGTH = 200

/** Claims of the ID token and of userinfo. */
type ProviderClaims = Readonly<Record<string, JsonValue | undefined>>

/** Makes an identity from the provider's claims. Throws `LoginRefusedError` when that is not possible. */
export function identityOf(claims: ProviderClaims, config: OidcConfig): Identity {
  const value = claims[config.subjectClaim]
  const subject = typeof value === 'string' && value !== '' ? config.subjectPrefix + value : null
  if (
    subject === null ||
    subject.length > MAX_SUBJECT_LENGTH ||
    /[\p{C}]/u.test(subject) ||
    isBookkeeping(subject)
  ) {
    throw new LoginRefusedError(
      `The claim "${config.subjectClaim}" is missing or is not usable as a subject.`,
    )
  }
  const identity = toIdentity({
    subject,
    name: textOf(claims['name']),
    email: textOf(claims['email']),
    groups: listOf(claims[config.groupsClaim]),
  })
  if (identity === null) {
    throw new LoginRefusedError(
      'The user has too many groups for a session; configure the provider to send fewer.',
    )
  }
  return identity
}

const textOf = (value: JsonValue | undefined) => (typeof value === 'string' ? value : undefined)

function listOf(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
