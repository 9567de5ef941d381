import fc from 'fast-check'
import { AndFilter, EqualityFilter, FilterParser } from 'ldapts'
import { expect, test } from 'vitest'
import { fillFilter } from '../../../src/identities/ldap/person.ts'

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
