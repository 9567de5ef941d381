import fc from 'fast-check'
import { expect, test } from 'vitest'
import { interleave, percentile, ratios, spreadOf } from '../src/rounds.ts'

test('a spread contains the median, the minimum and the maximum of values in any order', () => {
  expect(spreadOf([5, 1, 9, 3])).toEqual({ median: 4, min: 1, max: 9, count: 4 })
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7, count: 1 })
  expect(() => spreadOf([])).toThrow('at least one value')
})

test('a percentile is interpolated between two neighbouring values', () => {
  expect(percentile([10, 20, 30, 40], 0.5)).toBe(25)
  expect(percentile([40, 10, 30, 20], 1)).toBe(40)
  const values = fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1 })
  fc.assert(
    fc.property(values, fc.float({ min: 0, max: 1, noNaN: true }), (some, fraction) => {
      const value = percentile(some, fraction)
      expect(value).toBeGreaterThanOrEqual(Math.min(...some))
      expect(value).toBeLessThanOrEqual(Math.max(...some))
    }),
  )
})

test('a ratio is computed from the two sides of one round', () => {
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3])
  expect(() => ratios([1], [1, 2])).toThrow('same number of rounds')
})

test('interleave measures the sides in turn and does not count the first round', async () => {
  const order: string[] = []
  const side = (name: string) => async (round: number) => {
    order.push(`${name}${round}`)
    return `${name}${round}`
  }
  const measured = await interleave({ a: side('a'), b: side('b') }, { rounds: 2 })
  expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
  expect(measured).toEqual({ a: ['a1', 'a2'], b: ['b1', 'b2'] })
})
