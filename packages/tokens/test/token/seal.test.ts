import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateToken } from '../../src/token/format.ts'
import { claimsKey, SEAL_OVERHEAD_BYTES, seal, unseal } from '../../src/token/seal.ts'

const newKey = () => createSecretKey(randomBytes(32))
const KEY = newKey()
const text = fc.string({ unit: 'grapheme' })

test('what was sealed is opened with the same key and context', () => {
  fc.assert(
    fc.property(text, text, (content, context) => {
      const box = seal(KEY, content, context)
      expect(box.length).toBe(Buffer.byteLength(content) + SEAL_OVERHEAD_BYTES)
      expect(unseal(KEY, box, context)).toBe(content)
    }),
  )
})

test('the same text is sealed differently every time', () => {
  const boxes = Array.from({ length: 100 }, () => seal(KEY, 'same', 'here').toString('hex'))
  expect(new Set(boxes).size).toBe(100)
})

test('a box with any bit flipped opens nothing', () => {
  const box = seal(KEY, '{"role":"admin"}', 'context')
  for (let bit = 0; bit < box.length * 8; bit++) {
    const changed = Buffer.from(box)
    const byte = bit >> 3
    changed[byte] = (changed[byte] ?? 0) ^ (1 << (bit & 7))
    expect(unseal(KEY, changed, 'context')).toBeNull()
  }
})

test('a box that was cut or lengthened opens nothing', () => {
  const box = seal(KEY, 'text', 'context')
  for (let length = 0; length < box.length; length++) {
    expect(unseal(KEY, box.subarray(0, length), 'context')).toBeNull()
    expect(unseal(KEY, box.subarray(box.length - length), 'context')).toBeNull()
  }
  expect(unseal(KEY, Buffer.concat([box, Buffer.from([0])]), 'context')).toBeNull()
})

test('another key or another context opens nothing', () => {
  fc.assert(
    fc.property(text, text, text, (content, context, other) => {
      fc.pre(context !== other)
      const box = seal(KEY, content, context)
      expect(unseal(KEY, box, other)).toBeNull()
      expect(unseal(newKey(), box, context)).toBeNull()
    }),
  )
})

test('any bytes are refused without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(unseal(KEY, Buffer.from(bytes), 'context')).toBeNull()
    }),
  )
})

test("a token's key is its own and its data centre's own", () => {
  const [one, two] = [generateToken('dc1', '000'), generateToken('dc1', '000')]
  const keys = [claimsKey(one, 'dc1'), claimsKey(one, 'dc2'), claimsKey(two, 'dc1'), claimsKey(two, 'dc2')]
  expect(new Set(keys.map((key) => key.export().toString('hex'))).size).toBe(4)
  expect(keys.every((key) => key.symmetricKeySize === 32)).toBe(true)
  expect(keys[0]?.equals(claimsKey(one, 'dc1'))).toBe(true)
})
