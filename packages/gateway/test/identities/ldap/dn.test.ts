import { expect, test } from 'vitest'
import { isBelow, nameInDn } from '../../../src/identities/ldap/dn.ts'

test.each([
  ['cn=staff,ou=groups,dc=example,dc=org', 'staff'],
  ['CN=Domain Admins,CN=Users,DC=example', 'Domain Admins'],
  ['cn=a\\,b,dc=x', 'a,b'],
  ['cn=a\\2cb\\5c,dc=x', 'a,b\\'],
  ['cn=Z\\c3\\bcrich,dc=x', 'Zürich'],
  ['cn=\\ lead\\20,dc=x', 'lead'],
  ['cn=two+ou=parts,dc=x', 'two'],
  ['ou=parts + cn = two , dc=x', 'two'],
  ['ou=staff,dc=x', null],
  ['', null],
  ['no name', null],
])('the name of the group in the DN %j is %j', (dn, expected) => {
  expect(nameInDn(dn, 'cn')).toBe(expected)
})

const GROUPS = 'ou=Groups, dc=example,dc=org'

test.each([
  'cn=staff,ou=groups,dc=example,dc=org',
  'CN=staff,OU=GROUPS,DC=Example,DC=org',
  'cn=staff,  ou = groups ,dc=example,dc=org',
  'cn=staff,ou=inner,ou=groups,dc=example,dc=org',
  'cn=staff,ou=\\67roups,dc=example,dc=org',
  'cn=a\\,b,ou=groups,dc=example,dc=org',
])('the DN %j is below the base', (dn) => {
  expect(isBelow(dn, GROUPS)).toBe(true)
})

test.each([
  'ou=groups,dc=example,dc=org',
  'cn=staff,ou=people,dc=example,dc=org',
  'cn=staff,ou=groups,dc=example,dc=com',
  'cn=staff,ou=xgroups,dc=example,dc=org',
  'cn=staff\\,ou=groups\\,dc=example\\,dc=org,dc=evil',
  'cn=staff\\,ou=groups,dc=example,dc=org',
  'cn=staff,cn=groups,dc=example,dc=org',
  'ou=groups,dc=example,dc=org,cn=staff',
  '',
])('the DN %j is not below the base', (dn) => {
  expect(isBelow(dn, GROUPS)).toBe(false)
})
