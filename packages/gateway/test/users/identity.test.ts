import fc from 'fast-check'
import { expect, test } from 'vitest'
import { claimsOf, isGroupName, profileOf, toIdentity } from '../../src/users/identity.ts'
import { isSubject } from '../../src/users/subject.ts'

test('toIdentity leaves out invalid data of a directory, and names the groups among it', () => {
  const unusable = ['', ' x', 'line\nbreak', 'y'.repeat(129)]
  const stated = {
    subject: 'ada',
    name: 'Ada\u0000',
    email: 'ada at example',
    groups: ['staff', 'Staff, all', ...unusable, 'staff', 'Domain Admins'],
  }
  expect(toIdentity(stated, null)).toEqual({
    identity: { subject: 'ada', groups: ['staff', 'Staff, all', 'Domain Admins'] },
    omitted: unusable,
  })
})

test('toIdentity returns the number of groups when there are too many, instead of dropping rights', () => {
  const stated = (count: number) => ({
    subject: 'ada',
    groups: Array.from({ length: count }, (_, index) => `group-${index}`),
  })
  expect(toIdentity(stated(200), null)).toMatchObject({ identity: { groups: { length: 200 } } })
  expect(toIdentity(stated(201), null)).toEqual({ tooManyGroups: 201 })
  expect(toIdentity(stated(1000), new Set(['group-7', 'other']))).toEqual({
    identity: { subject: 'ada', groups: ['group-7'] },
    omitted: [],
  })
})

test.each(["o'brien", 'anne marie', 'j#1', 'smith&co', 'svc$', 'Zoë', 'x'.repeat(200), 'a,b%'])(
  'a directory may have the user %j',
  (name) => {
    expect(isSubject(name)).toBe(true)
  },
)

test.each(['', ' ada', 'ada ', 'a\nb', 'a\u0000', 'a\u200bb', 'x'.repeat(201), 'holdfast:oidc-sid:x'])(
  'a directory may not have the user %j',
  (name) => {
    expect(isSubject(name)).toBe(false)
  },
)

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
