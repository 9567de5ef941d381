import { createMemoryStore, generateKeyring, type Keyring, tokenKey } from '@holdfast/tokens'
import { listKeyOfRecord } from '@holdfast/tokens/records'
import { expect, onTestFinished, test } from 'vitest'
import { encodeRecord } from '../../../src/record/codec.ts'
import { MemoryBackend } from '../../../src/store/backend/memory-backend.ts'
import { BackendRecords } from '../../../src/store/session/record-store.ts'
import { SessionStore } from '../../../src/store/session/session-store.ts'
import { errorOf, KEYRING, printed } from '../../support.ts'

const withKey = (ring: Keyring, id: string): Keyring => ({
  ...ring,
  keys: { ...ring.keys, [id]: generateKeyring().keys['k1'] ?? '' },
})
const KNOWN = withKey(KEYRING, 'k2')
const USED = { ...KNOWN, current: 'k2' }
const FORGOTTEN = { ...USED, keys: { k2: USED.keys['k2'] ?? '' } }

/** Two servers over the same records. */
function servers(rings: Keyring[]) {
  const backend = new MemoryBackend()
  const limits = { verifyTimeoutMs: 1000, writeTimeoutMs: 1000, maxRemembered: 10, maxWaitingChanges: 10 }
  return rings.map((keyring) => new SessionStore(() => backend, { dataCentre: 'dc1', keyring }, limits))
}
const devicesOf = async (store: SessionStore) => (await store.list('ada')).map(({ device }) => device)

test('a ring that is renewed seals by its new key, and opens what the old one has sealed', async () => {
  const [one, two] = servers([KEYRING, KEYRING])
  if (!one || !two) throw new Error('There are no servers.')
  const before = await one.issue({ subject: 'ada', device: 'laptop' })
  for (const store of [one, two]) await store.renew({ keyring: KNOWN })
  // One of them first, the other one not yet: either reads what the other seals.
  await one.renew({ keyring: USED })
  const by2 = await one.issue({ subject: 'ada', device: 'phone' })
  const by1 = await two.issue({ subject: 'ada', device: 'tablet' })
  for (const store of [one, two]) {
    expect((await devicesOf(store)).sort()).toEqual(['laptop', 'phone', 'tablet'])
    for (const { token } of [before, by1, by2]) expect((await store.verify(token)).status).toBe('active')
  }
  await two.renew({ keyring: USED })
  // The new key is really used: with it alone the session that it sealed can be read, and only that.
  await one.renew({ keyring: FORGOTTEN })
  expect((await devicesOf(one)).sort()).toEqual(['', '', 'phone'])
  for (const { token } of [before, by1, by2]) expect((await one.verify(token)).status).toBe('active')
})

test('a server that does not know the key yet cannot read its device: why every one knows it before one uses it', async () => {
  const [early, late] = servers([USED, KEYRING])
  const issued = await early?.issue({ subject: 'ada', device: 'phone' })
  expect(await late?.list('ada')).toMatchObject([{ device: '' }])
  expect((await late?.verify(issued?.token ?? ''))?.status).toBe('active')
})

test('the records of a ring that is renewed can be read, too, and tell which key they need', async () => {
  const backend = new MemoryBackend()
  const options = { dataCentre: 'dc1', keyring: KEYRING }
  const limits = { verifyTimeoutMs: 1000, writeTimeoutMs: 1000, maxRemembered: 10, maxWaitingChanges: 10 }
  const store = new SessionStore(() => backend, { ...options, keyring: USED }, limits)
  const records = new BackendRecords(() => backend, options, 1000)
  const { token } = await store.issue({ subject: 'ada', device: 'phone' })
  const key = tokenKey(token) ?? ''
  const found = await backend.read({ key, tag: '', digest: '' })
  if (!found.known || found.value === null) throw new Error('There is no record.')
  const entry = { key, bytes: encodeRecord(found.value) }
  expect(records.read(entry).state).toBe('unreadable')
  await records.renew({ keyring: KNOWN })
  expect(records.read(entry)).toMatchObject({ state: 'live', session: { device: 'phone' } })
  expect(listKeyOfRecord(entry.bytes, Date.now())).toBe('k2')
  await store.revoke(token)
  const ended = await backend.read({ key, tag: '', digest: '' })
  if (!ended.known || ended.value === null) throw new Error('There is no tombstone.')
  expect(listKeyOfRecord(encodeRecord(ended.value), Date.now())).toBeNull()
})

// INV-TOKENS-40.
test.each<[string, Keyring, RegExp]>([
  ['without the key that is current now', { ...FORGOTTEN, index: KEYRING.index }, /lacks "k1"/],
  ['with another index key', { ...KNOWN, index: generateKeyring().index }, /`keyring\.index` differs/],
  ['with another key under an id', withKey(KEYRING, 'k1'), /`keyring\.keys\.k1` differs/],
  ['with a broken key', { ...KNOWN, keys: { ...KNOWN.keys, k2: 'c2hvcnQ=' } }, /`keyring\.keys\.k2` must be/],
])('a ring %s is refused, and the old one stays in use', async (_, keyring, message) => {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
  onTestFinished(() => store.close())
  await store.issue({ subject: 'ada', device: 'laptop' })
  const error = await errorOf(store.renew({ keyring }))
  expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })
  for (const key of [keyring.index, ...Object.values(keyring.keys)]) expect(printed(error)).not.toContain(key)
  await store.issue({ subject: 'ada', device: 'phone' })
  expect(await store.list('ada')).toMatchObject([{ device: 'laptop' }, { device: 'phone' }])
})

test('a ring that its owner changes afterwards is not changed in the store', async () => {
  const ring = structuredClone(KNOWN)
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
  onTestFinished(() => store.close())
  await store.renew({ keyring: ring })
  ring.current = 'k2'
  // k1 is what the store seals with, so a ring without it is refused still.
  expect(await errorOf(store.renew({ keyring: FORGOTTEN }))).toMatchObject({ code: 'INVALID_OPTION' })
})
