import { expect, test } from 'vitest'
import { createOnceAWhile } from '../../src/limits/once-a-while.ts'

test('the first of many is news, and again after the period, for each name', () => {
  const isNews = createOnceAWhile(100, 10)
  expect([isNews('a', 0), isNews('a', 99), isNews('b', 99), isNews('a', 100)]).toEqual([
    true,
    false,
    true,
    true,
  ])
})

test('beyond the most that are remembered the oldest is forgotten', () => {
  const isNews = createOnceAWhile(1000, 2)
  for (const name of ['a', 'b', 'c']) expect(isNews(name, 0)).toBe(true)
  expect([isNews('c', 1), isNews('b', 1), isNews('a', 1)]).toEqual([false, false, true])
})
