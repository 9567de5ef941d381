import { expect, it } from 'vitest'
import { categoriesOf, parseAclUser } from '../../src/doctor/acl.ts'

it('a user equals its plan if Redis shortened its rules', () => {
  const planned = parseAclUser('user app on #aa &* -@all +auth +hello +ping +subscribe', {})
  const live = parseAclUser('user app on #aa &* -@all +@fast +subscribe -role -publish', {
    fast: ['role', 'publish', 'ping', 'auth', 'hello'],
  })
  expect(live).toEqual(planned)
  const narrowed = parseAclUser('user x on ~hf:* resetchannels &hf:* -@all', {})
  expect(narrowed.rules).toEqual(['&hf:*', '~hf:*'])
})

it('a user equals its plan if Redis lists removed commands one by one instead of by category', () => {
  const categories = categoriesOf([
    ['dangerous', ['info', 'keys', 'role', 'config|get', 'config|set']],
    ['slow', ['config']],
    ['read', ['get']],
  ])
  const planned = parseAclUser('user app on #aa ~* &* +@all -@dangerous +info +role', categories)
  expect(parseAclUser('user app on #aa ~* &* +@all -keys -config', categories)).toEqual(planned)
  expect(planned.rules).toEqual(['&*', '+get', '+info', '+role', '~*'])
  const widened = parseAclUser('user app on #aa ~* &* +@all -keys', categories)
  expect(widened.rules).toEqual(['&*', '+config|get', '+config|set', '+get', '+info', '+role', '~*'])
  expect(parseAclUser('user app on ~* &* -@all +@dangerous +get', categories).rules).toEqual([
    '&*',
    '+@all',
    '~*',
  ])
})

it('a user equals its plan if Redis writes its selectors with additional rules', () => {
  const planned = parseAclUser(
    'user app on #aa ~hf:* &hf:* -@all +get (&hello +subscribe) (~a -@all +set)',
    {},
  )
  const live = parseAclUser(
    'user app on sanitize-payload #aa ~hf:* resetchannels &hf:* -@all +get (~a resetchannels -@all +set) (resetchannels &hello -@all +subscribe)',
    {},
  )
  expect(live).toEqual(planned)
  expect(planned.rules).toEqual(['(&hello +subscribe)', '(+set ~a)', '+get', '&hf:*', '~hf:*'].sort())
})
