import fc from 'fast-check'
import { expect, test } from 'vitest'
import { claimsOf, isGroupName, profileOf, toIdentity } from '../../src/users/identity.ts'

test('toIdentity leaves out invalid data of a directory', () => {
  expect(
    toIdentity({
      subject: 'ada',
      name: 'Ada\u0000',
      email: 'ada at example',
      groups: ['staff', 'a,b', '', ' x', 'staff', 'line\nbreak', 'y'.repeat(129), 'Domain Admins'],
    }),
  ).toEqual({ subject: 'ada', groups: ['staff', 'Domain Admins'] })
})

test('toIdentity returns null for too many groups instead of dropping rights', () => {
  const groups = (count: number) => Array.from({ length: count }, (_, index) => `group-${index}`)
  expect(toIdentity({ subject: 'ada', groups: groups(200) })?.groups).toHaveLength(200)
  expect(toIdentity({ subject: 'ada', groups: groups(201) })).toBeNull()
})

test('profileOf is the inverse of claimsOf', () => {
  const identities = fc.record(
    {
      subject: fc.constant('ada'),
      name: fc.string(),
      email: fc.string(),
      groups: fc.array(fc.string().filter(isGroupName), { maxLength: 5 }),
    },
    { requiredKeys: ['subject', 'groups'] },
  )
  fc.assert(
    fc.property(identities, ({ subject, ...profile }) => {
      expect(profileOf(claimsOf({ subject, ...profile }))).toEqual(profile)
    }),
  )
})

test('profileOf ignores claims of another application', () => {
  expect(profileOf({ name: 7, email: null, groups: 'staff' })).toEqual({ groups: [] })
  expect(profileOf({ groups: ['staff', 7] })).toEqual({ groups: ['staff'] })
})
