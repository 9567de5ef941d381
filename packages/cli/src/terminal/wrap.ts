const MOST_COLUMNS = 100

/** Prose as lines that fit the terminal, each indented. Words longer than a line stay whole. */
export function wrap(text: string, indent: number): string {
  const width = Math.min(process.stdout.columns ?? MOST_COLUMNS, MOST_COLUMNS) - indent
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one).join('\n')
}
