import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Claims } from '../../src/record/claims.ts'
import {
  openListContent,
  openTokenContent,
  type PayloadContext,
  sealPayload,
} from '../../src/record/payload.ts'
import { digestToken } from '../../src/token/digest.ts'
import { generateToken } from '../../src/token/format.ts'
import { generateKeyring, openKeyring } from '../../src/token/keyring.ts'

const keyring = openKeyring(generateKeyring())
const token = generateToken('dc1', '000')
const context: PayloadContext = {
  dataCentre: 'dc1',
  digest: digestToken(token),
  issuedAtMs: 1000,
  expiresAtMs: 2000,
}
const content = { subject: 'ada', device: 'laptop', claims: { role: 'admin' } }

test('the holder of the token reads subject and claims, the key ring subject and device', () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 })
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), json, (subject, device, values) => {
      const claims = JSON.parse(JSON.stringify(values)) as Claims
      const payload = sealPayload(context, token, keyring, { subject, device, claims })
      expect(openTokenContent(context, token, payload)).toEqual({ subject, claims })
      expect(openListContent(context, keyring, payload)).toEqual({ subject, device })
    }),
  )
})

test('nothing of the content is readable in the payload', () => {
  const payload = sealPayload(context, token, keyring, content).toString('latin1')
  for (const text of ['ada', 'laptop', 'admin', 'role', token]) expect(payload).not.toContain(text)
})

describe('a payload opens nowhere but where it was made', () => {
  const payload = sealPayload(context, token, keyring, content)
  test.each<[string, Partial<PayloadContext>]>([
    ['another data centre', { dataCentre: 'dc2' }],
    ['another record', { digest: digestToken(generateToken('dc1', '000')) }],
    ['a later absolute end', { expiresAtMs: 2001 }],
    ['another time of issue', { issuedAtMs: 999 }],
    ['a time that only looks alike', { issuedAtMs: 10, expiresAtMs: 2000 }],
  ])('%s', (_, change) => {
    expect(openTokenContent({ ...context, ...change }, token, payload)).toBeNull()
    expect(openListContent({ ...context, ...change }, keyring, payload)).toBeNull()
  })

  test('with another token', () => {
    expect(openTokenContent(context, generateToken('dc1', '000'), payload)).toBeNull()
  })

  // INV-TOKENS-39.
  test('with another key ring, for lists; the token still opens its own part', () => {
    const other = openKeyring(generateKeyring())
    expect(openListContent(context, other, payload)).toBeNull()
    expect(openTokenContent(context, token, payload)).not.toBeNull()
  })
})

test('the two boxes of a payload cannot be exchanged', () => {
  const payload = sealPayload(context, token, keyring, content)
  const tokenBox = payload.subarray(4, 4 + payload.readUInt32BE(0))
  const listBox = payload.subarray(4 + tokenBox.length)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(listBox.length)
  const exchanged = Buffer.concat([length, listBox, tokenBox])
  expect(openTokenContent(context, token, exchanged)).toBeNull()
  expect(openListContent(context, keyring, exchanged)).toBeNull()
})

test('a payload that was changed or cut opens nothing, and throws nothing', () => {
  const payload = sealPayload(context, token, keyring, content)
  for (let length = 0; length < payload.length; length++) {
    const cut = payload.subarray(0, length)
    expect(openListContent(context, keyring, cut)).toBeNull()
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      expect(openTokenContent(context, token, Buffer.from(bytes))).toBeNull()
      expect(openListContent(context, keyring, Buffer.from(bytes))).toBeNull()
    }),
  )
})
