import { isBookkeeping, type JsonValue } from '@holdfast/tokens'
import type { OidcConfig } from '../../config/identities.ts'
import { type Identity, toIdentity } from '../identity.ts'
import { LoginRefusedError } from './trouble.ts'

/** So that a link to a session fits beside the session's id. */
const MAX_SUBJECT_LENGTH = 200

/** Claims as a provider states them, of the ID token and of userinfo. */
type ProviderClaims = Readonly<Record<string, JsonValue | undefined>>

/** Who the provider says it is. Throws `LoginRefusedError` when nobody can be made of it. */
export function identityOf(claims: ProviderClaims, config: OidcConfig): Identity {
  const value = claims[config.subjectClaim]
  const subject = typeof value === 'string' && value !== '' ? config.subjectPrefix + value : null
  if (
    subject === null ||
    subject.length > MAX_SUBJECT_LENGTH ||
    /[\p{C}]/u.test(subject) ||
    isBookkeeping(subject)
  ) {
    throw new LoginRefusedError(`The claim "${config.subjectClaim}" is missing or cannot be a subject.`)
  }
  const identity = toIdentity({
    subject,
    name: textOf(claims['name']),
    email: textOf(claims['email']),
    groups: listOf(claims[config.groupsClaim]),
  })
  if (identity === null) {
    throw new LoginRefusedError('The person has too many groups for a session; let the provider send fewer.')
  }
  return identity
}

const textOf = (value: JsonValue | undefined) => (typeof value === 'string' ? value : undefined)

function listOf(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
