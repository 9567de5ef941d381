import { expect, test } from 'vitest'
import { figure, isMet, isMissed, single } from '../src/figure.ts'
import { renderReport, show } from '../src/report.ts'
import type { Result } from '../src/results.ts'

const machine = {
  cpu: 'A processor',
  cores: 2,
  memoryGib: 24,
  system: 'Linux',
  load: '0.00, 0.00, 0.00',
  versions: { Node: '24.0.0' },
}

const resultOf = (figures: Result['figures']): Result => ({
  name: 'one',
  title: 'One benchmark',
  at: '2026-01-01T12:34:56.000Z',
  seconds: 12.3,
  machine,
  setup: 'Two sides share two cores.',
  figures,
})

test('a goal is met or missed by the median, and only `below` excludes its bound', () => {
  expect(isMet(figure('', '×', [1, 3, 2], { atLeast: 2 }))).toBe(true)
  expect(isMet(figure('', '×', [1, 3, 1.9], { atLeast: 2 }))).toBe(false)
  expect(isMet(single('', 'ms', 2, { atMost: 2 }))).toBe(true)
  expect(isMet(single('', 'ms', 2, { below: 2 }))).toBe(false)
  expect(isMet(single('', 'ms', 2))).toBe(null)
  expect(isMissed([single('', '', 1, { atMost: 0 }), single('', '', 1)])).toBe(true)
  expect(isMissed([single('', '', 0, { atMost: 0 }), single('', '', 1)])).toBe(false)
})

test('the report shows each missed goal with its ratio, the machine, the versions and the spread', () => {
  const report = renderReport([
    resultOf([
      figure('ratio', '×', [1, 2, 3], { atLeast: 4 }),
      single('lost', '', 0, { atMost: 0 }),
      single('beside', 'µs', 5),
    ]),
  ])
  expect(report).toContain('| One benchmark | ratio | 2 × (1 – 3) | ≥ 4 × | **missed**, 0.5 × the goal |')
  expect(report).toContain('| One benchmark | lost | 0 | ≤ 0 | met |')
  expect(report).not.toContain('| One benchmark | beside')
  expect(report).toContain('| beside | 5 µs |')
  expect(report).toContain('2026-01-01 12:34 UTC')
  for (const part of ['A processor', '2 cores', '24 GiB', 'Node 24.0.0', 'Two sides share two cores.']) {
    expect(report).toContain(part)
  }
})

test('the report shows tables below the figures', () => {
  const one = {
    ...resultOf([single('lost', '', 0)]),
    tables: [{ title: 'ioredis', head: ['a', 'b'], rows: [['1', '2']] }],
  }
  expect(renderReport([one])).toContain('### ioredis\n\n| a | b |\n| --- | --- |\n| 1 | 2 |')
})

test('the report shows numbers with three significant digits', () => {
  expect([0, 0.0123456, 1.005, 12.345, 123.45, 1234.5, 1e6].map(show)).toEqual([
    '0',
    '0.0123',
    '1',
    '12.3',
    '123',
    '1,235',
    '1,000,000',
  ])
})
