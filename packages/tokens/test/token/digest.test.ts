import { createHash, createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  digestToken,
  externalKey,
  externalSecret,
  parseIndexMember,
  parseRecordKey,
  publicId,
  recordKey,
  subjectKey,
} from '../../src/token/digest.ts'
import { generateToken, parseToken, SHARD_COUNT, shardTag } from '../../src/token/format.ts'

const INDEX_KEY = createSecretKey(Buffer.alloc(32, 7))

test('the digest is the first 192 bits of SHA-256 of the whole token, in base64url', () => {
  const token = generateToken('dc1', '000')
  expect(digestToken(token)).toBe(
    createHash('sha256').update(token).digest().subarray(0, 24).toString('base64url'),
  )
  expect(digestToken(token)).toMatch(/^[\w-]{32}$/)
})

test('the public id is the first 64 bits of the digest in hexadecimal', () => {
  const token = generateToken('dc1', '000')
  const hex = createHash('sha256').update(token).digest('hex')
  expect(publicId(digestToken(token))).toBe(hex.slice(0, 16))
})

test('a record is kept under its digest, with the shard as hash tag', () => {
  const digest = digestToken(generateToken('dc1', '0aZ'))
  expect(recordKey('0aZ', digest)).toEqual({ tag: '0aZ', digest, key: `hf:{0aZ}:t:${digest}` })
})

test('neither key holds any part of the token but its shard tag', () => {
  const { tag } = subjectKey(INDEX_KEY, 'ada')
  const token = generateToken('dc1', tag)
  const { key } = recordKey(tag, digestToken(token))
  for (let place = 6; place + 8 <= token.length; place++) {
    expect(key).not.toContain(token.slice(place, place + 8))
  }
})

test("a subject's index and tokens share one slot tag", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (subject) => {
      const { tag, key } = subjectKey(INDEX_KEY, subject)
      const token = generateToken('dc1', tag)
      expect(parseToken(token)).toEqual({ dataCentre: 'dc1', tag })
      expect(key.startsWith(`hf:{${tag}}:s:`)).toBe(true)
      expect(recordKey(tag, digestToken(token)).key.startsWith(`hf:{${tag}}:t:`)).toBe(true)
    }),
  )
})

test('subjects spread over the shards evenly and have indexes of their own', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => subjectKey(INDEX_KEY, `user-${index}`))
  expect(new Set(keys.map(({ key }) => key)).size).toBe(20_000)
  // 20,000 balls in 16,384 bins fill about 11,550 of them.
  expect(new Set(keys.map(({ tag }) => tag)).size).toBeGreaterThan(11_300)
  const known = new Set(Array.from({ length: SHARD_COUNT }, (_, shard) => shardTag(shard)))
  expect(keys.every(({ tag }) => known.has(tag))).toBe(true)
})

test('without the index key nobody can tell whose index it is', () => {
  const { key } = subjectKey(INDEX_KEY, 'ada')
  expect(key).not.toContain('ada')
  expect(subjectKey(createSecretKey(Buffer.alloc(32, 8)), 'ada').key).not.toBe(key)
  expect(subjectKey(INDEX_KEY, 'ada').key).toBe(key)
})

test('an external session has a key of its own for each namespace and id, in a shard that its digest decides', () => {
  const secrets = [
    ['shop', 'x'.repeat(16)],
    ['shop', `${'x'.repeat(16)} `],
    ['forum', 'x'.repeat(16)],
  ].map(([namespace = '', id = '']) => externalSecret(namespace, id))
  const keys = secrets.map(externalKey)
  expect(new Set(keys.map(({ key }) => key)).size).toBe(3)
  for (const [index, key] of keys.entries()) {
    expect(externalKey(secrets[index] ?? '')).toEqual(key)
    expect(parseRecordKey(key.key)).toEqual(key)
  }
})

test('a member of an index names a record of the shard of the index, or of the shard that it names', () => {
  const index = { tag: '0aZ', key: 'hf:{0aZ}:s:x' }
  const digest = 'd'.repeat(32)
  expect(parseIndexMember(index, digest)).toEqual(recordKey('0aZ', digest))
  expect(parseIndexMember(index, `111:${digest}`)).toEqual(recordKey('111', digest))
  for (const text of ['', digest.slice(1), `11:${digest}`, `:${digest}`, `1111:${digest}`, `${digest} `]) {
    expect(parseIndexMember(index, text)).toBeNull()
  }
})
