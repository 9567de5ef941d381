import { paint, widthOf } from './paint.ts'

export interface TableOptions {
  /** Titles of the columns; none for a plain list of pairs. */
  head?: readonly string[]
  /** Columns whose cells end at the same place, such as numbers, by index. */
  right?: readonly number[]
  indent?: number
}

/** Rows as lines of text with aligned columns. Cells may be coloured. */
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
