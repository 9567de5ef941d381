import type { JsonValue } from '@holdfast/tokens'
import type { OidcConfig } from '../../config/identities.ts'
import { type GroupsToKeep, type Identity, toIdentity, tooManyGroupsText } from '../../users/identity.ts'
import { isSubject } from '../../users/subject.ts'
import { LoginRefusedError, TooManyGroupsError } from '../errors.ts'
import { groupsIn, type ProviderClaims } from './groups.ts'

/**
 * Makes an identity from the provider's claims; `omitted` names the groups that it does not carry. Throws
 * `LoginRefusedError` when that is not possible, and `TooManyGroupsError` for too many groups. Pure.
 */
export function identityOf(
  claims: ProviderClaims,
  config: OidcConfig,
  keep: GroupsToKeep,
): { identity: Identity; omitted: readonly string[] } {
  const value = claims[config.subjectClaim]
  const subject = typeof value === 'string' && value !== '' ? config.subjectPrefix + value : null
  if (subject === null || !isSubject(subject)) {
    throw new LoginRefusedError(
      `The claim "${config.subjectClaim}" is missing or is not usable as a subject.`,
    )
  }
  const { names, others } = groupsIn(claims, config.groupsClaim)
  const [name, email] = [textOf(claims['name']), textOf(claims['email'])]
  const stated = toIdentity({ subject, name, email, groups: names }, keep)
  if ('tooManyGroups' in stated) {
    throw new TooManyGroupsError(
      tooManyGroupsText(stated.tooManyGroups, 'configure the provider to send fewer'),
    )
  }
  return { identity: stated.identity, omitted: [...stated.omitted, ...others] }
}

const textOf = (value: JsonValue | undefined) => (typeof value === 'string' ? value : undefined)
