import { createSecretKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { deriveKey } from '../../src/token/derive-key.ts'
import { openKeyring } from '../../src/token/keyring.ts'

const INDEX = Buffer.alloc(32, 2)
/** Made by another implementation of RFC 5869. A change would end sessions, passwords of applications and tunnels. */
const OF_TEST = 'bb6820a117c05f82aab996f4d5268f94758e21d43ff6c5c0b200c8f8c413db41'

test('a derived key never changes: it is that of RFC 5869 with the label of its purpose', () => {
  expect(deriveKey(INDEX, 'test').toString('hex')).toBe(OF_TEST)
  expect(deriveKey(createSecretKey(INDEX), 'test').toString('hex')).toBe(OF_TEST)
  expect(deriveKey(Buffer.alloc(32, 1), 'test').toString('hex')).toBe(
    '557d41fcdc1279add29c3c79b0bd11a687bedb8883d1c04b6afe314fb0d0038d',
  )
})

test('a key ring derives its keys from the index key', () => {
  const key = Buffer.alloc(32, 1).toString('base64')
  const ring = openKeyring({ current: 'k1', keys: { k1: key }, index: INDEX.toString('base64') })
  expect(ring.deriveKey('test').export().toString('hex')).toBe(OF_TEST)
})
