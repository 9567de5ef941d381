import { PassThrough } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import { expect, it } from 'vitest'
import { FullScreen } from '../../src/terminal/full-screen.ts'

/** The lines that a terminal of this size shows. */
function drawn(size: { columns: number; rows: number }, text: string): string[] {
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), size)
  const screen = new FullScreen(
    output as unknown as WriteStream,
    new PassThrough() as unknown as ReadStream,
    () => {},
  )
  screen.show(text, 'foot')
  const [, shown = ''] = String(output.read()).split('\u001b[H')
  return shown.replaceAll('\u001b[K', '').replace('\u001b[J', '').trimEnd().split('\n')
}

const TEXT = Array.from({ length: 30 }, (_, line) => `${line} ${'x'.repeat(100)}`).join('\n')

it('cuts what does not fit, and keeps the last line', () => {
  const lines = drawn({ columns: 20, rows: 10 }, TEXT)
  expect(lines).toHaveLength(9)
  expect(lines[0]).toBe(`0 ${'x'.repeat(17)}`)
  expect(lines.at(-1)).toBe('foot')
})

it('shows 24 lines of 80 columns on a terminal that tells no size, such as a serial console', () => {
  const lines = drawn({ columns: 0, rows: 0 }, TEXT)
  expect(lines).toHaveLength(23)
  expect(lines[0]).toBe(`0 ${'x'.repeat(77)}`)
})
