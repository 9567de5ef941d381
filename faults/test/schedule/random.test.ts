import { expect, it } from 'vitest'
import { Random } from '../../src/schedule/random.ts'

const draws = (random: Random) => Array.from({ length: 1000 }, () => random.next())

it('the same seed and stream give the same draws, and a different seed or stream gives different ones', () => {
  expect(draws(new Random(7))).toEqual(draws(new Random(7)))
  expect(draws(new Random(7))).not.toEqual(draws(new Random(8)))
  expect(draws(new Random(7, 'x'))).not.toEqual(draws(new Random(7, 'y')))
})

it('draws are distributed over the whole range', () => {
  const random = new Random(1)
  const counts = new Map<number, number>()
  for (let i = 0; i < 10_000; i++) {
    const value = random.between(1, 10)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  for (const count of counts.values()) expect(count).toBeGreaterThan(800)
})

it('weighted draws follow the weights', () => {
  const random = new Random(1)
  const picks = Array.from({ length: 1000 }, () => random.weighted({ often: 9, seldom: 1, never: 0 }))
  expect(picks.filter((pick) => pick === 'seldom').length).toBeGreaterThan(50)
  expect(picks.filter((pick) => pick === 'seldom').length).toBeLessThan(170)
  expect(picks).not.toContain('never')
})
