/** A text as lines of at most so many columns, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** A text from elsewhere, without what a terminal would obey. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}|\p{Cf}/gu, (character) => (/\s/.test(character) ? ' ' : '\u{fffd}'))

const MOST_COLUMNS = 100

/** Prose as lines that fit the terminal, each indented. Words longer than a line stay whole. */
export function paragraph(text: string, indent: number): string {
  const width = Math.min(process.stdout.columns ?? MOST_COLUMNS, MOST_COLUMNS) - indent
  return wrap(text, width)
    .map((line) => ' '.repeat(indent) + line)
    .join('\n')
}
