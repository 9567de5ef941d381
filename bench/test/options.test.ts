import { expect, test } from 'vitest'
import { parseOptions } from '../src/options.ts'

const KNOWN = ['first', 'second', 'third']

test('without names all benchmarks run, with names those, in the usual order', () => {
  expect(parseOptions([], KNOWN).names).toEqual(KNOWN)
  expect(parseOptions(['third', 'first'], KNOWN).names).toEqual(['first', 'third'])
  expect(() => parseOptions(['fourth'], KNOWN)).toThrow('There are: first, second, third.')
})

test('the largest store is as large as was asked for', () => {
  expect(parseOptions([], KNOWN).sizes).toEqual([1000, 100_000, 1_000_000])
  expect(parseOptions(['--sessions', '5000000'], KNOWN).sizes).toEqual([1000, 100_000, 1_000_000, 5_000_000])
  expect(parseOptions(['--sessions', '100000'], KNOWN).sizes).toEqual([1000, 100_000])
  for (const wrong of ['0', 'many', '1e9', '2000.5']) {
    expect(() => parseOptions(['--sessions', wrong], KNOWN)).toThrow(`got ${wrong}.`)
  }
})
