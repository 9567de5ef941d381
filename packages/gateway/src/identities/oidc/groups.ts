import type { JsonValue } from '@holdfast/tokens'
import { TooManyGroupsError } from '../errors.ts'

/** Claims of the ID token and of userinfo. */
export type ProviderClaims = Readonly<Record<string, JsonValue | undefined>>

/**
 * The groups that the claim `path` lists, and the JSON of entries that are not text. The path is the claim's name, which
 * may itself contain dots, or it leads into an object (`realm_access.roles`) or into each object of a list (`groups.name`).
 *
 * Throws `TooManyGroupsError` when the provider sent only a reference to the groups: Microsoft Entra ID does that for users
 * with more than 200 groups. Pure.
 */
export function groupsIn(claims: ProviderClaims, path: string): { names: string[]; others: string[] } {
  const value = valueAt(claims, path)
  if (value === undefined && isByReference(claims, path)) {
    throw new TooManyGroupsError(
      `The provider sent no groups in the claim "${path}" but a reference, because the user has too many: configure the provider to send only the groups of this application.`,
    )
  }
  const entries = value === undefined || value === null ? [] : [value].flat()
  return {
    names: entries.filter((entry) => typeof entry === 'string'),
    others: entries.flatMap((entry) => (typeof entry === 'string' ? [] : [JSON.stringify(entry)])),
  }
}

function valueAt(claims: ProviderClaims, path: string): JsonValue | undefined {
  if (Object.hasOwn(claims, path)) return claims[path]
  const [first = '', ...steps] = path.split('.')
  return steps.reduce<JsonValue | undefined>(
    (value, step) =>
      Array.isArray(value) ? value.flatMap((entry) => member(entry, step) ?? []) : member(value, step),
    member(claims as Record<string, JsonValue>, first),
  )
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as Record<string, JsonValue>)[name] : undefined
}

/** OpenID Connect Core, section 5.6.2 (distributed claims); `hasgroups` is Entra's short form. */
function isByReference(claims: ProviderClaims, path: string): boolean {
  const names = claims['_claim_names'] as JsonValue | undefined
  return member(names, path) !== undefined || (path === 'groups' && claims['hasgroups'] === true)
}
