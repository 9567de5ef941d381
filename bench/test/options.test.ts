import { expect, test } from 'vitest'
import { parseOptions } from '../src/options.ts'

const KNOWN = ['first', 'second', 'third']

test('all benchmarks run without names, and only the named ones in the usual order with names', () => {
  expect(parseOptions([], KNOWN).names).toEqual(KNOWN)
  expect(parseOptions(['third', 'first'], KNOWN).names).toEqual(['first', 'third'])
  expect(() => parseOptions(['fourth'], KNOWN)).toThrow('Use one of: first, second, third.')
})

test('--sessions sets the size of the largest store', () => {
  expect(parseOptions([], KNOWN).sizes).toEqual([1000, 100_000, 1_000_000])
  expect(parseOptions(['--sessions', '5000000'], KNOWN).sizes).toEqual([1000, 100_000, 1_000_000, 5_000_000])
  expect(parseOptions(['--sessions', '100000'], KNOWN).sizes).toEqual([1000, 100_000])
  for (const wrong of ['0', 'many', '1e9', '2000.5']) {
    expect(() => parseOptions(['--sessions', wrong], KNOWN)).toThrow(`got ${wrong}.`)
  }
})

test('--client and --fault choose a part of redis-proxy-faults', () => {
  const all = parseOptions([], KNOWN)
  expect(all.clients).toContain('redis-py')
  expect(all.faults).toContain('pause')
  const some = parseOptions(['--client', 'redis-py', '--client', 'ioredis', '--fault', 'kill'], KNOWN)
  expect(some.clients).toEqual(['ioredis', 'redis-py'])
  expect(some.faults).toEqual(['kill'])
  expect(() => parseOptions(['--client', 'jedis'], KNOWN)).toThrow('got "jedis".')
  expect(() => parseOptions(['--fault', 'fire'], KNOWN)).toThrow('--fault must be one of kill,')
})

test('--flood-seconds sets how long the flood lasts', () => {
  expect(parseOptions([], KNOWN).floodSeconds).toBe(60)
  expect(parseOptions(['--flood-seconds', '600'], KNOWN).floodSeconds).toBe(600)
  for (const wrong of ['0', '1.5', 'long', '86401']) {
    expect(() => parseOptions(['--flood-seconds', wrong], KNOWN)).toThrow(`got ${wrong}.`)
  }
})
