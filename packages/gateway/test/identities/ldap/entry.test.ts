import { expect, test } from 'vitest'
import { firstPartOf, namingValue, valuesOf } from '../../../src/identities/ldap/entry.ts'

test.each([
  ['cn=staff,ou=groups,dc=example,dc=org', 'staff'],
  ['CN=Domain Admins,CN=Users,DC=example', 'Domain Admins'],
  ['cn=a\\,b,dc=x', 'a,b'],
  ['cn=a\\2cb\\5c,dc=x', 'a,b\\'],
  ['cn=Z\\c3\\bcrich,dc=x', 'Zürich'],
  ['cn=\\ lead\\20,dc=x', 'lead'],
  ['cn=two+ou=parts,dc=x', 'two'],
  ['', null],
  ['no name', null],
])('the value of the first RDN of %j is %j', (dn, expected) => {
  expect(firstPartOf(dn)).toBe(expected)
})

test('valuesOf ignores the case of attribute names and returns all text values', () => {
  const entry = { dn: 'uid=a', memberof: 'x', mail: ['a', 'b'], photo: Buffer.from('x') }
  expect(valuesOf(entry, 'memberOf')).toEqual(['x'])
  expect(valuesOf(entry, 'MAIL')).toEqual(['a', 'b'])
  expect(valuesOf(entry, 'photo')).toEqual([])
  expect(valuesOf(entry, 'dn')).toEqual([])
})

test('namingValue returns the typed one of several values, or null', () => {
  expect(namingValue({ dn: '', uid: 'ada' }, 'uid', 'ADA')).toBe('ada')
  expect(namingValue({ dn: '', uid: ['ada', 'lovelace'] }, 'uid', 'Lovelace')).toBe('lovelace')
  expect(namingValue({ dn: '', uid: ['ada', 'lovelace'] }, 'uid', 'a')).toBeNull()
  expect(namingValue({ dn: '' }, 'uid', 'ada')).toBeNull()
})
