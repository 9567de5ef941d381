import { paint } from './paint.ts'
import { widthOf } from './width.ts'
import { wrap } from './wrap.ts'

const MAX_COLUMNS = 100

/** Prose as indented lines that fit the terminal. Words longer than a line stay whole. */
export function paragraph(text: string, indent: number): string {
  const width = Math.min(process.stdout.columns || MAX_COLUMNS, MAX_COLUMNS) - indent
  return wrap(text, width, widthOf)
    .map((line) => ' '.repeat(indent) + line)
    .join('\n')
}

export interface TableOptions {
  /** Titles of the columns; without them the table has no head. */
  head?: readonly string[]
  /** Columns to align right, such as numbers, by index. */
  right?: readonly number[]
  indent?: number
}

/** Rows as lines of text with aligned columns. Cells may contain colours. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const { head, right = [], indent = 2 } = options
  const all = head ? [head.map((title) => paint.faint(title)), ...rows] : rows
  const widths: number[] = []
  for (const row of all) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
    }
  }
  const margin = ' '.repeat(indent)
  return all
    .map((row) => {
      const cells = row.map((cell, column) => {
        const gap = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
        return right.includes(column) ? gap + cell : cell + gap
      })
      return (margin + cells.join('  ')).trimEnd()
    })
    .join('\n')
}
