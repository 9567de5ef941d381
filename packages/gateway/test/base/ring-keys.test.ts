import { createHmac } from 'node:crypto'
import { generateKeyring, type Keyring } from '@holdfast/tokens'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { createRingKeys } from '../../src/base/ring-keys.ts'
import { createFlowSeal } from '../../src/identities/oidc/flow-cookie.ts'
import { createDeviceCookie } from '../../src/limits/device-cookie.ts'

const first = generateKeyring()
const { k1: newer = '' } = generateKeyring().keys
const both: Keyring = { ...first, current: 'k2', keys: { ...first.keys, k2: newer } }
const second: Keyring = { ...first, current: 'k2', keys: { k2: newer } }

/** The value of the cookie that a gateway with this ring sets. */
function cookieOf(ring: Keyring): string {
  let set = ''
  const reply = {
    setCookie(_: string, value: string) {
      set = value
    },
  }
  createDeviceCookie({ secure: false, keyring: () => ring }).set(reply as unknown as FastifyReply, 'ada')
  return set
}

const isKnown = (ring: Keyring, cookie: string, account = 'ada') =>
  createDeviceCookie({ secure: false, keyring: () => ring }).read(
    { cookies: { 'holdfast-device': cookie } } as unknown as FastifyRequest,
    account,
  ) !== null

// INV-GATEWAY-37.
test('a device cookie is signed with the current key, and counts as long as the ring has that key', () => {
  const [old, young] = [cookieOf(first), cookieOf(both)]
  expect([first, both, second].map((ring) => isKnown(ring, old))).toEqual([true, true, false])
  expect([first, both, second].map((ring) => isKnown(ring, young))).toEqual([false, true, true])
  expect(isKnown(both, young, 'grace')).toBe(false)
})

test('a device cookie of an earlier version, with a key of the index key, still counts', () => {
  const key = createHmac('sha256', Buffer.from(first.index, 'base64')).update('device cookie').digest()
  const nonce = 'n'.repeat(22)
  const signature = createHmac('sha256', key).update(`${nonce} ada`).digest('base64url')
  expect(isKnown(both, `${nonce}.${signature}`)).toBe(true)
  expect(isKnown(both, `${nonce}.${signature}`, 'grace')).toBe(false)
})

test('a sealed flow opens as long as the ring has its key, and a changed one never', () => {
  const [old, young] = [first, both].map((ring) => createFlowSeal(() => ring).seal('token'))
  const open = (ring: Keyring, cookie = '') => createFlowSeal(() => ring).unseal(cookie)
  expect([first, both, second].map((ring) => open(ring, old))).toEqual(['token', 'token', null])
  expect([first, both, second].map((ring) => open(ring, young))).toEqual([null, 'token', 'token'])
  expect(
    open(
      both,
      young?.replace(/^./, (char) => (char === 'A' ? 'B' : 'A')),
    ),
  ).toBeNull()
})

test('each purpose has keys of its own, and a new ring is used at once', () => {
  let ring = first
  const [one, other] = ['one', 'other'].map((purpose) => createRingKeys(() => ring, purpose))
  expect(one?.()).toHaveLength(1)
  expect(one?.()[0].equals(other?.()[0] ?? Buffer.alloc(0))).toBe(false)
  expect(one?.()[0].equals(Buffer.from(first.keys['k1'] ?? '', 'base64'))).toBe(false)
  const before = one?.()[0]
  ring = both
  expect(one?.()).toHaveLength(2)
  expect(one?.()[1]).toEqual(before)
})

test('the keys of a ring never change', () => {
  const ring: Keyring = { ...first, keys: { k1: Buffer.alloc(32, 1).toString('base64') } }
  expect(createRingKeys(() => ring, 'test')().map((key) => key.toString('hex'))).toEqual([
    '557d41fcdc1279add29c3c79b0bd11a687bedb8883d1c04b6afe314fb0d0038d',
  ])
})
