/**
 * Breaks a text between words into lines of at most `width` columns. `widthOf` measures texts that are not only English; help
 * does without it, to start fast.
 */
export function wrap(text: string, width: number, widthOf = (part: string) => part.length): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
