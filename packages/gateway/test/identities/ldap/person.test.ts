import fc from 'fast-check'
import { AndFilter, type Client, EqualityFilter, FilterParser } from 'ldapts'
import { expect, test } from 'vitest'
import type { LdapConfig } from '../../../src/config/identities.ts'
import { fillFilter, findGroups, groupsAmong, memberOf } from '../../../src/identities/ldap/person.ts'

/** Texts with many special characters of filters. */
const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '*',
        '\\',
        '\0',
        '&',
        '|',
        '!',
        '=',
        '~',
        '\\2a',
        '{name}',
        '$&',
        'uid',
        'ä',
        ' ',
      ),
    )
    .map((parts) => parts.join('')),
)

test('a filled filter compares exactly one value, and that is the name', () => {
  fc.assert(
    fc.property(names, (name) => {
      const filter = FilterParser.parseString(
        fillFilter('(&(objectClass=person)(uid={name}))', '{name}', name),
      )
      expect(filter).toBeInstanceOf(AndFilter)
      const { filters } = filter as AndFilter
      expect(filters).toHaveLength(2)
      expect(filters[0]).toMatchObject({ attribute: 'objectClass', value: 'person' })
      expect(filters[1]).toBeInstanceOf(EqualityFilter)
      expect(filters[1]).toMatchObject({ attribute: 'uid', value: name })
    }),
    { numRuns: 2000 },
  )
})

test('a filter may contain the placeholder more than once', () => {
  expect(fillFilter('(|(uid={name})(mail={name}))', '{name}', 'a*')).toBe('(|(uid=a\\2a)(mail=a\\2a))')
})

test('memberOf reads all ranges, and returns null when the directory does not return the rest', async () => {
  const asked: string[] = []
  const user = { dn: 'uid=ada', memberOf: [], 'memberOf;range=0-1': ['a', 'b'] }
  const rest = { dn: 'uid=ada', 'memberOf;range=2-*': ['c'] }
  const all = await memberOf(user, async (attribute) => {
    asked.push(attribute)
    return rest
  })
  expect([all, asked]).toEqual([['a', 'b', 'c'], ['memberOf;range=2-*']])
  expect(await memberOf(user, async () => undefined)).toBeNull()
  expect(await memberOf(user, async () => user)).toBeNull()
  expect(await memberOf({ dn: 'uid=ada', memberOf: 'a' }, async () => rest)).toEqual(['a'])
})

test('without `groups` in the configuration the rest of a long memberOf is not read, and refuses no login', async () => {
  const asked: string[] = []
  const client = {
    async search(dn: string) {
      asked.push(dn)
      return { searchEntries: [] }
    },
  } as unknown as Client
  const user = { dn: 'uid=ada', memberOf: [], 'memberOf;range=0-1': ['cn=a', 'cn=b'] }
  const base = { base: 'ou=groups', name: 'cn', by: 'memberOf' } as const
  const config = (groups?: typeof base) => ({ ...(groups && { groups }) }) as unknown as LdapConfig
  expect(await findGroups(client, config(), user)).toEqual({ names: [], otherDns: [] })
  expect(asked).toEqual([])
  expect(await findGroups(client, config(base), user)).toBeNull()
  expect(asked).toEqual(['uid=ada'])
})

test('a DN of memberOf counts as a group only below the base, and under its own name', () => {
  const dns = ['cn=staff,ou=groups,dc=x', 'cn=admins,ou=people,dc=x', 'ou=staff,ou=groups,dc=x']
  const groups = { base: 'ou=groups,dc=x', name: 'cn' }
  expect(groupsAmong(dns, groups)).toEqual({ names: ['staff'], otherDns: dns.slice(1) })
  expect(groupsAmong(dns, undefined)).toEqual({ names: [], otherDns: dns })
})
