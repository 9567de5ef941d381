import { stripVTControlCharacters, styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const onOut = (style: Style) => (text: string) => styleText(style, text, { stream: process.stdout })

/** Colours, only on a terminal and without NO_COLOR (https://no-color.org). */
export const paint = {
  strong: onOut('bold'),
  faint: onOut('dim'),
  good: onOut('green'),
  bad: onOut('red'),
  warning: onOut('yellow'),
  accent: onOut('cyan'),
  error: (text: string) => styleText('red', text, { stream: process.stderr }),
}

const ESCAPE = '\u001b'
const COLOUR_OR_CHARACTER = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, 'gsu')

/** Cuts a text to at most `columns` columns and ends its colours. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let [clipped, width] = ['', 0]
  // Colours take no column, and one that was begun must be ended.
  for (const [part] of text.matchAll(COLOUR_OR_CHARACTER)) {
    const isColour = part.length > 1 && part.startsWith(ESCAPE)
    if (!isColour && width === columns) continue
    clipped += part
    if (!isColour) width += 1
  }
  return clipped
}

/** The number of columns that a text takes. */
export const widthOf = (text: string): number => stripVTControlCharacters(text).length
