import { expect, test } from 'vitest'
import { mistakesInSettings } from '../../src/config/settings.ts'

const LDAP = {
  urls: ['ldaps://ldap.example.org'],
  bindDn: 'cn=reader',
  users: { base: 'ou=people' },
}

test('valid settings have no mistakes', () => {
  const ldap = { ...LDAP, bindPasswordFile: '/etc/holdfast/gateway/ldap' }
  expect(mistakesInSettings({})).toEqual([])
  expect(
    mistakesInSettings({
      identities: { ldap },
      metrics: { public: true },
      store: { idleMs: 60_000 },
      limits: { passwordChecks: 4 },
    }),
  ).toEqual([])
})

test('a mistake contains its path, and not its value', () => {
  expect(
    mistakesInSettings({ identities: { ldap: LDAP }, metrcs: {}, store: { idleMs: 'hunter2' } }),
  ).toEqual([
    {
      path: ['identities', 'ldap', 'bindPassword'],
      message: '`identities.ldap.bindPassword` must be set, or `bindPasswordFile`, but not both.',
    },
    { path: ['store', 'idleMs'], message: expect.stringMatching(/^`store.idleMs` must be a whole number/) },
    { path: ['metrcs'], atKey: true, message: expect.stringMatching(/^`metrcs` is not a known key/) },
  ])
  expect(mistakesInSettings({ store: null })).toEqual([
    { path: ['store'], message: '`store` must be of type object.' },
  ])
})
