import { expect, test } from 'vitest'
import { Refusals } from '../../src/limits/refusals.ts'

// INV-GATEWAY-35.
test('Refusals answers for a refused name for two seconds, with the rest of its wait', () => {
  const refusals = new Refusals()
  refusals.remember('account ada', 60_000, 1000)
  expect(refusals.find(['address x', 'account ada'], 2500)).toEqual({ index: 1, retryAfterMs: 58_500 })
  expect(refusals.find(['address x', 'account ada'], 3000)).toBeNull()
})

test('Refusals ends with the wait of the limit, when that is shorter', () => {
  const refusals = new Refusals()
  refusals.remember('both', 500, 0)
  expect(refusals.find(['both'], 499)).toEqual({ index: 0, retryAfterMs: 1 })
  expect(refusals.find(['both'], 500)).toBeNull()
})

test('Refusals answers with the longest wait, and forgets names that are given back', () => {
  const refusals = new Refusals()
  refusals.remember('short', 1000, 0)
  refusals.remember('long', 9000, 0)
  expect(refusals.find(['short', 'long'], 0)).toEqual({ index: 1, retryAfterMs: 9000 })
  refusals.forget(['long'])
  expect(refusals.find(['short', 'long'], 0)).toEqual({ index: 0, retryAfterMs: 1000 })
})

test('Refusals remembers at most 10,000 names and forgets the oldest first', () => {
  const refusals = new Refusals()
  for (let number = 0; number <= 10_000; number++) refusals.remember(`name-${number}`, 1000, 0)
  const isKnown = (number: number) => refusals.find([`name-${number}`], 0) !== null
  expect([0, 1, 10_000].map(isKnown)).toEqual([false, true, true])
})
