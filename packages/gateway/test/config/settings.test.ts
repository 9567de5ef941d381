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

test('an address map of the store leads from announced addresses with ports to hosts with ports', () => {
  const to = { host: 'redis-1.example.org', port: 6379 }
  const mistakes = (addressMap: unknown) => mistakesInSettings({ store: { addressMap, sentinelTls: false } })
  expect(mistakes({ '10.0.0.1:6379': to, '[fd00::1]:6379': { ...to, servername: 'redis-1' } })).toEqual([])
  expect(mistakes({ '10.0.0.1': to })).toMatchObject([{ path: ['store', 'addressMap', '10.0.0.1'] }])
  expect(mistakes({ '10.0.0.1:6379': { host: 'redis-1' } })).toMatchObject([
    { path: ['store', 'addressMap', '10.0.0.1:6379', 'port'] },
  ])
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
