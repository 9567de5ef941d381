import { recordIsLive, tokenId, tokenKey } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { encodeRecord } from '../src/record/codec.ts'
import { digestToken, publicId } from '../src/token/digest.ts'
import { generateToken } from '../src/token/format.ts'

const live = {
  state: 'live' as const,
  version: 1,
  idleUntilMs: 2000,
  issuedAtMs: 1000,
  expiresAtMs: 5000,
  payload: Buffer.from('payload'),
}

test("a token's key and public id can be told for audits and logs", () => {
  const token = generateToken('dc1', '0aZ')
  expect(tokenKey(token)).toBe(`hf:{0aZ}:t:${digestToken(token)}`)
  expect(tokenId(token)).toBe(publicId(digestToken(token)))
})

test('a text that is no token has neither', () => {
  for (const text of ['', 'hf_', generateToken('dc1', '000').slice(1)]) {
    expect(tokenKey(text)).toBeNull()
    expect(tokenId(text)).toBeNull()
  }
})

test('a record is live until its idle limit or its absolute end', () => {
  expect(recordIsLive(encodeRecord(live), 1999)).toBe(true)
  expect(recordIsLive(encodeRecord(live), 2000)).toBe(false)
  expect(recordIsLive(encodeRecord({ ...live, idleUntilMs: 9000 }), 5000)).toBe(false)
})

test('a tombstone and garbage are not live', () => {
  expect(recordIsLive(encodeRecord({ state: 'revoked', expiresAtMs: 5000 }), 0)).toBe(false)
  expect(recordIsLive(Buffer.from('garbage'), 0)).toBe(false)
})
