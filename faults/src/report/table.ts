/** Renders a Markdown table. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const rule = line(heads.map((_, index) => (index === 0 ? '---' : '---:')))
  return [line(heads), rule, ...rows.map(line)].join('\n')
}

export const ms = (value: number) => `${Math.round(value)}`

/** Formats 12345 as 12,345. */
export const count = (value: number) => value.toLocaleString('en-US')

/** The median, or null without values. */
export function median(values: readonly number[]): number | null {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

export const orDash = (value: number | null) => (value === null ? '–' : ms(value))
