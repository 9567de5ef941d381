import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generateToken, parseToken, SHARD_COUNT, shardTag } from '../../src/token/format.ts'

const shard = fc.integer({ min: 0, max: SHARD_COUNT - 1 })
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

test('a generated token is read back with its shard tag', () => {
  fc.assert(
    fc.property(shard, (value) => {
      const tag = shardTag(value)
      expect(parseToken(generateToken('dc1', tag))).toEqual({ dataCentre: 'dc1', tag })
    }),
  )
})

test('a token has the documented shape: hf_, 3 of shard tag, 43 of secret, 6 of checksum', () => {
  expect(generateToken('dc1', shardTag(SHARD_COUNT - 1))).toMatch(/^hf_dc14GF[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/)
  expect(generateToken('dc1', shardTag(0))).toMatch(/^hf_dc1000[0-9A-Za-z]{49}$/)
})

test('no two tokens are alike, and each place of the secret takes many values', () => {
  const tokens = Array.from({ length: 2000 }, () => generateToken('dc1', '000'))
  expect(new Set(tokens).size).toBe(2000)
  for (let place = 10; place < 52; place++) {
    expect(new Set(tokens.map((token) => token[place])).size).toBeGreaterThan(55)
  }
})

test('every shard has a tag of its own', () => {
  const tags = Array.from({ length: SHARD_COUNT }, (_, value) => shardTag(value))
  expect(new Set(tags).size).toBe(SHARD_COUNT)
})

describe('a changed token is no token', () => {
  const token = generateToken('dc1', shardTag(1234))

  test('every change of a single character is noticed', () => {
    for (let place = 0; place < token.length; place++) {
      for (const character of `${ALPHABET}_-. é\n`) {
        if (character === token[place]) continue
        const changed = token.slice(0, place) + character + token.slice(place + 1)
        expect(parseToken(changed), changed).toBeNull()
      }
    }
  })

  test('every truncation is noticed', () => {
    for (let length = 0; length < token.length; length++) {
      expect(parseToken(token.slice(0, length))).toBeNull()
      expect(parseToken(token.slice(token.length - length))).toBeNull()
    }
  })

  test('every extension is noticed', () => {
    for (const more of [...ALPHABET, ' ', '\n', '\r\n', '\0', '=', token]) {
      expect(parseToken(token + more)).toBeNull()
      expect(parseToken(more + token)).toBeNull()
    }
  })

  test('a flipped case and swapped neighbours are noticed', () => {
    expect(parseToken(token.toUpperCase())).toBeNull()
    expect(parseToken(token.toLowerCase())).toBeNull()
    for (let place = 0; place < token.length - 1; place++) {
      const [a = '', b = ''] = token.slice(place, place + 2)
      if (a === b) continue
      expect(parseToken(token.slice(0, place) + b + a + token.slice(place + 2))).toBeNull()
    }
  })
})

test('a shard tag beyond the last shard is no token, also with a right checksum', () => {
  for (const tag of ['4GG', 'zzz', 'ZZZ']) expect(parseToken(generateToken('dc1', tag))).toBeNull()
})

test('any other text or type is no token', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(parseToken(value as string)).toBeNull()
    }),
  )
  const token = generateToken('dc1', '000')
  for (const value of [Object(token), [token], { toString: () => token }, Buffer.from(token)]) {
    expect(parseToken(value as string)).toBeNull()
  }
})
