import { expect, test } from 'vitest'
import { randomFrom } from '../../src/token/random.ts'

test('no bytes are handed out twice, whatever is asked for', () => {
  const drawn = Array.from({ length: 5000 }, (_, index) => randomFrom(12 + (index % 32)).toString('hex'))
  expect(new Set(drawn).size).toBe(drawn.length)
  expect(drawn.every((bytes, index) => bytes.length === 2 * (12 + (index % 32)))).toBe(true)
})

test('every bit is as often set as not', () => {
  const bytes = Buffer.concat(Array.from({ length: 200 }, () => randomFrom(1000)))
  for (let bit = 0; bit < 8; bit++) {
    const set = bytes.filter((byte) => (byte >> bit) & 1).length
    // Six standard deviations of 200,000 tosses.
    expect(Math.abs(set - bytes.length / 2)).toBeLessThan(6 * Math.sqrt(bytes.length / 4))
  }
})
