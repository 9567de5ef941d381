import { expect, test } from 'vitest'
import { namingValue, rangeOf, valuesOf } from '../../../src/identities/ldap/entry.ts'

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
  expect(namingValue({ dn: '', uid: ' anne marie ' }, 'uid', 'anne marie')).toBe('anne marie')
})

test('rangeOf reads the ranges in which Active Directory returns many values', () => {
  const first = { dn: '', memberOf: [], 'memberOf;range=0-1499': ['a', 'b'] }
  expect(rangeOf(first, 'memberof')).toEqual({ values: ['a', 'b'], next: 1500 })
  expect(rangeOf({ dn: '', 'memberOf;range=1500-*': 'c' }, 'memberOf')).toEqual({ values: ['c'], next: null })
  expect(rangeOf({ dn: '', memberOf: 'a' }, 'memberOf')).toBeNull()
})
