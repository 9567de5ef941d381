import { expect, it } from 'vitest'
import { table } from '../../src/terminal/layout.ts'
import { clip, widthOf } from '../../src/terminal/width.ts'
import { wrap } from '../../src/terminal/wrap.ts'

it('the width of a text is the number of its columns on a terminal', () => {
  const texts = ['ada', '李雷', 'e\u0301', '👩‍💻', '\u001b[31mada\u001b[39m']
  expect(texts.map(widthOf)).toEqual([3, 4, 1, 2, 3])
})

it('the columns of a table are aligned with wide and combining characters', () => {
  const rows = [
    ['李雷', 'a'],
    ['Zoe\u0308', 'b'],
    ['ada', 'c'],
  ]
  expect(table(rows, { indent: 0 }).split('\n')).toEqual(['李雷  a', 'Zoe\u0308   b', 'ada   c'])
})

it('a text is cut between characters that a reader sees, and its colours end', () => {
  expect(clip('ada', 3)).toBe('ada')
  expect(clip('李雷a', 3)).toBe('李')
  expect(clip('👩‍💻👩‍💻', 2)).toBe('👩‍💻')
  expect(clip('\u001b[31mabcd\u001b[39m', 2)).toBe('\u001b[31mab\u001b[39m')
})

it('wide characters wrap by their columns', () => {
  expect(wrap('李雷 李雷 a', 8, widthOf)).toEqual(['李雷', '李雷 a'])
})
