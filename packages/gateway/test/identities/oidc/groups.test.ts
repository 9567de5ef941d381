import { expect, test } from 'vitest'
import { TooManyGroupsError } from '../../../src/identities/errors.ts'
import { groupsIn } from '../../../src/identities/oidc/groups.ts'

test.each([
  ['groups', { groups: ['staff', 'a,b'] }, ['staff', 'a,b']],
  ['groups', { groups: 'staff' }, ['staff']],
  ['groups', {}, []],
  ['groups', { groups: null }, []],
  ['realm_access.roles', { realm_access: { roles: ['admin'] } }, ['admin']],
  ['resource_access.holdfast.roles', { resource_access: { holdfast: { roles: ['x'] } } }, ['x']],
  ['groups.name', { groups: [{ name: 'staff', id: 7 }, { id: 8 }, 'x'] }, ['staff']],
  // A claim's name may contain dots itself.
  ['https://example.org/groups', { 'https://example.org/groups': ['staff'] }, ['staff']],
  ['realm_access.roles', { 'realm_access.roles': ['flat'], realm_access: { roles: ['deep'] } }, ['flat']],
  ['constructor.name', {}, []],
  ['groups.length', { groups: ['staff'] }, []],
])('the claim %j lists the groups of %j', (path, claims, names) => {
  expect(groupsIn(claims, path)).toEqual({ names, others: [] })
})

test('entries that are not text are named, so that the log can show them', () => {
  const claims = { groups: ['staff', { name: 'engines' }, 7], roles: { admin: {} } }
  expect(groupsIn(claims, 'groups')).toEqual({ names: ['staff'], others: ['{"name":"engines"}', '7'] })
  expect(groupsIn(claims, 'roles')).toEqual({ names: [], others: ['{"admin":{}}'] })
})

test.each([
  { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } },
  { hasgroups: true },
])(
  'a reference instead of groups (%j) refuses the login, because rights would silently be lost',
  (claims) => {
    expect(() => groupsIn(claims, 'groups')).toThrow(TooManyGroupsError)
    expect(groupsIn({ ...claims, groups: ['staff'] }, 'groups').names).toEqual(['staff'])
    expect(groupsIn(claims, 'roles')).toEqual({ names: [], others: [] })
  },
)
