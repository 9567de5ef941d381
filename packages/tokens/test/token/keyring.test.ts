import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { InvalidOptionError } from '../../src/errors.ts'
import { generateKeyring, type Keyring, openKeyring } from '../../src/token/keyring.ts'

const key = () => randomBytes(32).toString('base64')

test('a generated key ring can be used, survives JSON, and is never the same', () => {
  const keyring = generateKeyring()
  expect(keyring).toEqual({ current: 'k1', keys: { k1: expect.any(String) }, index: expect.any(String) })
  const opened = openKeyring(JSON.parse(JSON.stringify(keyring)) as Keyring)
  expect(opened.unseal(openKeyring(keyring).seal('text', 'context'), 'context')).toBe('text')
  expect(opened.indexKey.symmetricKeySize).toBe(32)
  expect(new Set([keyring.index, keyring.keys['k1'], generateKeyring().index]).size).toBe(3)
})

test('older keys still open, and the current one seals', () => {
  const before = generateKeyring()
  const after: Keyring = { ...before, current: 'k2', keys: { ...before.keys, k2: key() } }
  const oldBox = openKeyring(before).seal('old', 'context')
  const newBox = openKeyring(after).seal('new', 'context')
  expect(openKeyring(after).unseal(oldBox, 'context')).toBe('old')
  expect(openKeyring(after).unseal(newBox, 'context')).toBe('new')
  expect(openKeyring(before).unseal(newBox, 'context')).toBeNull()
})

test('a process that still seals with the older key is read by all, while keys are being changed', () => {
  const keys = { k1: key(), k2: key() }
  const index = key()
  const one = openKeyring({ current: 'k1', keys, index })
  const two = openKeyring({ current: 'k2', keys, index })
  expect(two.unseal(one.seal('text', 'context'), 'context')).toBe('text')
  expect(one.unseal(two.seal('text', 'context'), 'context')).toBe('text')
})

test('a box of another context, of a key that is gone, or of no key at all opens nothing', () => {
  const keyring = openKeyring(generateKeyring())
  const box = keyring.seal('text', 'context')
  expect(keyring.unseal(box, 'other')).toBeNull()
  expect(openKeyring(generateKeyring()).unseal(box, 'context')).toBeNull()
  expect(keyring.unseal(Buffer.alloc(0), 'context')).toBeNull()
  expect(keyring.unseal(Buffer.from([255]), 'context')).toBeNull()
  expect(keyring.unseal(Buffer.from([9, ...Buffer.from('__proto__')]), 'context')).toBeNull()
})

describe('each mistake is named, and no key is echoed', () => {
  const secret = key()
  const good = { current: 'k1', keys: { k1: secret }, index: secret }
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /`keyring` must be/],
    ['null', null, /`keyring` must be/],
    ['a text', secret, /`keyring` must be/],
    ['no keys', { current: 'k1', index: secret }, /`keyring\.current` names the key "k1", which/],
    ['keys of a wrong type', { ...good, keys: secret }, /`keyring\.keys/],
    ['no current', { keys: { k1: secret }, index: secret }, /`keyring\.current`/],
    ['a current that is not there', { ...good, current: 'k9' }, /`keyring\.current` names the key "k9"/],
    ['a key in place of its id in `current`', { ...good, current: secret }, /`keyring\.current`/],
    ['key and id exchanged', { ...good, keys: { [secret]: 'k1' } }, /`keyring\.keys`/],
    ['an id that is no id', { ...good, keys: { 'K 1': secret } }, /`keyring\.keys`/],
    ['a short key', { ...good, keys: { k1: secret.slice(4) } }, /`keyring\.keys\.k1` must be 32 bytes/],
    ['a long key', { ...good, keys: { k1: `${secret.slice(0, 40)}${secret}` } }, /`keyring\.keys\.k1`/],
    ['an older key that is broken', { ...good, keys: { k1: secret, k0: '' } }, /`keyring\.keys\.k0`/],
    ['a number', { ...good, keys: { k1: 42 } }, /`keyring\.keys\.k1`/],
    ['no index', { ...good, index: undefined }, /`keyring\.index` must be 32 bytes in base64/],
    ['a broken index', { ...good, index: secret.slice(0, 20) }, /`keyring\.index`/],
  ])('%s', (_, keyring, message) => {
    const open = () => openKeyring(keyring as Keyring)
    expect(open).toThrow(InvalidOptionError)
    expect(open).toThrow(message)
    for (let start = 0; start + 10 <= secret.length; start++) {
      expect(open).not.toThrow(secret.slice(start, start + 10))
    }
  })
})
