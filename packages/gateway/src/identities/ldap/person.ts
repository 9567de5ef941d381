import type { Client, Entry } from 'ldapts'
import type { LdapConfig } from '../../config/identities.ts'
import { MAX_GROUPS } from '../identity.ts'
import { firstPartOf, valuesOf } from './entry.ts'
import { fillFilter } from './filter.ts'

/** Aliases and referrals are not followed: they would make the directory say which server is told a password. */
const SEARCH = { scope: 'sub', derefAliases: 'never' } as const

/** The attribute that names a person's groups where no search for them is configured. */
const MEMBER_OF = 'memberOf'

/** The entries of a name: none, one, or two when there are more than one. */
export async function findPeople(client: Client, { users }: LdapConfig, name: string): Promise<Entry[]> {
  const { searchEntries } = await client.search(users.base, {
    ...SEARCH,
    filter: fillFilter(users.filter, '{name}', name),
    attributes: [users.subject, users.name, users.email, MEMBER_OF],
    sizeLimit: 2,
  })
  return searchEntries
}

/** The names of a person's groups: one more than a session may carry when there are too many. */
export async function findGroups(client: Client, { groups }: LdapConfig, person: Entry): Promise<string[]> {
  if (groups === undefined) {
    return valuesOf(person, MEMBER_OF).flatMap((dn) => firstPartOf(dn) ?? [])
  }
  const { searchEntries } = await client.search(groups.base, {
    ...SEARCH,
    filter: fillFilter(groups.filter, '{dn}', person.dn),
    attributes: [groups.name],
    sizeLimit: MAX_GROUPS + 1,
  })
  return searchEntries.flatMap((entry) => valuesOf(entry, groups.name))
}
