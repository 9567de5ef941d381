import { type Client, type Entry, Filter } from 'ldapts'
import type { LdapConfig } from '../../config/identities.ts'
import { MAX_GROUPS } from '../../users/identity.ts'
import { firstPartOf, valuesOf } from './entry.ts'

/** Aliases and referrals are not followed: the directory could otherwise choose the server that receives a password. */
const SEARCH = { scope: 'sub', derefAliases: 'never' } as const

/** The attribute that names a user's groups when no group search is configured. */
const MEMBER_OF = 'memberOf'

/** The entries of a name: none, one, or two if there are several. */
export async function findUsers(client: Client, { users }: LdapConfig, name: string): Promise<Entry[]> {
  const { searchEntries } = await client.search(users.base, {
    ...SEARCH,
    filter: fillFilter(users.filter, '{name}', name),
    attributes: [users.subject, users.name, users.email, MEMBER_OF],
    sizeLimit: 2,
  })
  return searchEntries
}

/** The names of a user's groups: one more than a session may carry if there are too many. */
export async function findGroups(client: Client, { groups }: LdapConfig, user: Entry): Promise<string[]> {
  if (groups === undefined) {
    return valuesOf(user, MEMBER_OF).flatMap((dn) => firstPartOf(dn) ?? [])
  }
  const { searchEntries } = await client.search(groups.base, {
    ...SEARCH,
    filter: fillFilter(groups.filter, '{dn}', user.dn),
    attributes: [groups.name],
    sizeLimit: MAX_GROUPS + 1,
  })
  return searchEntries.flatMap((entry) => valuesOf(entry, groups.name))
}

/**
 * Replaces each `place` (such as `{name}`) in a search filter by a value, escaped by RFC 4515, section 3, so that typed
 * text cannot change the filter.
 */
export function fillFilter(template: string, place: string, value: string): string {
  return template.split(place).join(Filter.escape(value))
}
