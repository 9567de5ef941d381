import { TestAuthority } from '@holdfast/testing'
import {
  createMemoryStore,
  createRedisStore,
  InvalidOptionError,
  type RedisStoreOptions,
} from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { KEYRING, NOBODY } from './support.ts'

const SECRET = 'a-password-that-nobody-may-see'
const authority = await TestAuthority.create()
const CA = authority.ca
const { key: OTHER_KEY } = await authority.host()
const good = { dataCentre: 'dc1', keyring: KEYRING, sentinels: [NOBODY], password: SECRET }

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no data centre', { dataCentre: undefined }, /^`dataCentre` must be 1 to 64 of a-z/],
  ['a data centre with a space', { dataCentre: 'dc 1' }, /got "dc 1"\.$/],
  ['no key ring', { keyring: undefined }, /^`keyring` must be/],
  ['no idle lifetime', { idleMs: 0 }, /^`idleMs` must be a whole number from 1 to .* got 0\.$/],
  ['an endless lifetime', { absoluteMs: Number.POSITIVE_INFINITY }, /^`absoluteMs` .* got Infinity\.$/],
  ['no Sentinels', { sentinels: [] }, /^`sentinels` must name at least one Sentinel/],
  ['Sentinels as a text', { sentinels: '10.0.0.1:26379' }, /^`sentinels` must/],
  ['a Sentinel without a host', { sentinels: [{ port: 1 }] }, /^`sentinels\[0\]\.host` must be/],
  ['a Sentinel that is nothing', { sentinels: [NOBODY, null] }, /^`sentinels\[1\]\.host` must be/],
  ['a port as a text', { sentinels: [{ host: 'a', port: '1' }] }, /^`sentinels\[0\]\.port` must be/],
  ['a port too high', { sentinels: [{ host: 'a', port: 65_536 }] }, /65535, got 65536\.$/],
  ['a short verification', { verifyTimeoutMs: 9 }, /^`verifyTimeoutMs` .* from 10 to 60000, got 9\.$/],
  ['a long write', { writeTimeoutMs: 300_001 }, /^`writeTimeoutMs` .* from 100 to 300000/],
  ['a hedge of nothing', { hedgeMs: 0 }, /^`hedgeMs` must be/],
  ['a lease of nothing', { leaseMs: 0 }, /^`leaseMs` must be/],
  ['TLS without an authority', { tls: {} }, /^`tls\.ca` must be a certificate in PEM/],
  ['an authority by its path', { tls: { ca: '/etc/ca.crt' } }, /the text of the file, not its path\.$/],
  ['a certificate without a key', { tls: { ca: CA, cert: CA } }, /^Give `tls\.cert` and `tls\.key`/],
  ['a key that is none', { tls: { ca: CA, cert: CA, key: SECRET } }, /^`tls\.key` must be a private key/],
  ['a key of another', { tls: { ca: CA, cert: CA, key: OTHER_KEY } }, /^`tls\.key` is not the key of/],
  ['a name of nothing', { tls: { ca: CA, servername: '' } }, /^`tls\.servername` must be a name/],
  ['a map that is a list', { addressMap: [] }, /^`addressMap` must be an object/],
  ['a map of nothing', { addressMap: null }, /^`addressMap` must be an object/],
  ['an announced address without a port', { addressMap: { a: NOBODY } }, /^`addressMap` .* got "a"\.$/],
  ['a map to nothing', { addressMap: { 'a:1': null } }, /^`addressMap\["a:1"\]\.host` must be/],
  ['a map to no port', { addressMap: { 'a:1': { host: 'b' } } }, /^`addressMap\["a:1"\]\.port` must be/],
  [
    'a map to a server of no name',
    { addressMap: { 'a:1': { ...NOBODY, servername: '' } } },
    /^`addressMap\["a:1"\]\.servername` must be a name/,
  ],
  [
    'a map of two addresses to one',
    { addressMap: { 'a:1': NOBODY, 'b:1': NOBODY } },
    /"a:1" and "b:1" are the same server\.$/,
  ],
  ['TLS to Sentinels as a text', { sentinelTls: 'no' }, /^`sentinelTls` must be true or false, got no\.$/],
  ['a queue of nothing', { maxQueuedWrites: 0 }, /^`maxQueuedWrites` must be/],
])('%s is refused, naming the option', (_, wrong, message) => {
  const create = () => createRedisStore({ ...good, ...wrong } as unknown as RedisStoreOptions)
  expect(create).toThrow(InvalidOptionError)
  expect(create).toThrow(message)
  expect(create).not.toThrow(SECRET)
})

test('the memory store checks what it takes', () => {
  expect(() => createMemoryStore({ dataCentre: 'DC', keyring: KEYRING })).toThrow(/^`dataCentre` must be/)
  expect(() => createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, idleMs: -1 })).toThrow(/^`idleMs`/)
})

test('a store that was closed at once leaves nothing behind', async () => {
  const store = createRedisStore(good)
  expect(store.status()).toMatchObject({ writable: false, readable: false, primary: null })
  await store.close()
  expect(store.status()).toMatchObject({ writable: false, readable: false })
})
