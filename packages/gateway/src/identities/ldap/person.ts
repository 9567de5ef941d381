import { type Client, type Entry, Filter, SizeLimitExceededError } from 'ldapts'
import type { LdapConfig } from '../../config/identities.ts'
import { isBelow, nameInDn } from './dn.ts'
import { rangeOf, valuesOf } from './entry.ts'

/** Aliases and referrals are not followed: the directory could otherwise choose the server that receives a password. */
const SEARCH = { scope: 'sub', derefAliases: 'never' } as const

/** The attribute that names the groups of a user. */
const MEMBER_OF = 'memberOf'
/** Max ranges of an attribute that are requested: Active Directory returns 1,500 values per range. */
const MAX_RANGES = 10

/** The entries of a name: none, one, or two if there are several. */
export async function findUsers(
  client: Client,
  { users, groups }: LdapConfig,
  name: string,
): Promise<Entry[]> {
  const { searchEntries } = await client.search(users.base, {
    ...SEARCH,
    filter: fillFilter(users.filter, '{name}', name),
    attributes: [users.subject, users.name, users.email, ...(groups?.by === 'search' ? [] : [MEMBER_OF])],
    sizeLimit: 2,
  })
  return searchEntries
}

/** The groups of a user: their names, and the DNs that count as no group. */
export interface FoundGroups {
  names: string[]
  /** The DNs in `memberOf` that are not below `groups.base`, or have no name there. */
  otherDns: string[]
}

/** Finds the groups of a user. Null when the directory returns only a part of them, because of a size limit. */
export async function findGroups(
  client: Client,
  { groups }: LdapConfig,
  user: Entry,
): Promise<FoundGroups | null> {
  // No group counts, so the rest of a long list is not read, and its length refuses no login.
  if (groups === undefined) return groupsAmong(valuesOf(user, MEMBER_OF), groups)
  if (groups.by === 'memberOf') {
    const dns = await memberOf(user, (attribute) => readAttribute(client, user.dn, attribute))
    return dns === null ? null : groupsAmong(dns, groups)
  }
  try {
    // Without a size limit: with one, the client library reports a shortened answer as a complete one.
    const { searchEntries } = await client.search(groups.base, {
      ...SEARCH,
      filter: fillFilter(groups.filter, '{dn}', user.dn),
      attributes: [groups.name],
    })
    const named = searchEntries.map((entry) => [entry.dn, valuesOf(entry, groups.name)] as const)
    return {
      names: named.flatMap(([, names]) => names),
      otherDns: named.flatMap(([dn, names]) => (names.length === 0 ? [dn] : [])),
    }
  } catch (error) {
    if (error instanceof SizeLimitExceededError) return null
    throw error
  }
}

/**
 * Only a group below `groups.base` counts: a user who may create entries elsewhere could give a group any name. Without a
 * base no group counts. Pure.
 */
export function groupsAmong(
  dns: readonly string[],
  groups: { base: string; name: string } | undefined,
): FoundGroups {
  const named = dns.map((dn) => {
    const isGroup = groups !== undefined && isBelow(dn, groups.base)
    return { dn, name: isGroup ? nameInDn(dn, groups.name) : null }
  })
  return {
    names: named.flatMap(({ name }) => name ?? []),
    otherDns: named.flatMap(({ dn, name }) => (name === null ? [dn] : [])),
  }
}

/** All values of `memberOf`, also when the directory returns them in ranges; null when there are too many ranges. */
export async function memberOf(
  user: Entry,
  read: (attribute: string) => Promise<Entry | undefined>,
): Promise<string[] | null> {
  const values = valuesOf(user, MEMBER_OF)
  let range = rangeOf(user, MEMBER_OF)
  for (let ranges = 0; range !== null; ranges++) {
    values.push(...range.values)
    if (range.next === null) break
    const entry = ranges < MAX_RANGES ? await read(`${MEMBER_OF};range=${range.next}-*`) : undefined
    range = entry === undefined ? null : rangeOf(entry, MEMBER_OF)
    if (range === null) return null
  }
  return values
}

async function readAttribute(client: Client, dn: string, attribute: string): Promise<Entry | undefined> {
  const { searchEntries } = await client.search(dn, {
    ...SEARCH,
    scope: 'base',
    filter: '(objectClass=*)',
    attributes: [attribute],
  })
  return searchEntries[0]
}

/**
 * Replaces each `place` (such as `{name}`) in a search filter by a value, escaped by RFC 4515, section 3, so that typed
 * text cannot change the filter.
 */
export function fillFilter(template: string, place: string, value: string): string {
  return template.split(place).join(Filter.escape(value))
}
