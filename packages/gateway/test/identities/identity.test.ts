import fc from 'fast-check'
import { expect, test } from 'vitest'
import { claimsOf, isGroupName, profileOf, toIdentity } from '../../src/identities/identity.ts'

test('what a directory says that cannot be carried is left out', () => {
  expect(
    toIdentity({
      subject: 'ada',
      name: 'Ada\u0000',
      email: 'ada at example',
      groups: ['staff', 'a,b', '', ' x', 'staff', 'line\nbreak', 'y'.repeat(129), 'Domain Admins'],
    }),
  ).toEqual({ subject: 'ada', groups: ['staff', 'Domain Admins'] })
})

test('too many groups make nobody, instead of somebody with fewer rights', () => {
  const groups = (count: number) => Array.from({ length: count }, (_, index) => `group-${index}`)
  expect(toIdentity({ subject: 'ada', groups: groups(200) })?.groups).toHaveLength(200)
  expect(toIdentity({ subject: 'ada', groups: groups(201) })).toBeNull()
})

test('claims and profile are each the other’s inverse', () => {
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

test('claims that another application wrote are no profile', () => {
  expect(profileOf({ name: 7, email: null, groups: 'staff' })).toEqual({ groups: [] })
  expect(profileOf({ groups: ['staff', 7] })).toEqual({ groups: ['staff'] })
})
