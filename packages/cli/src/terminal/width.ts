import stringWidth from 'string-width'

const ESCAPE = '\u001b'
const COLOUR = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`)
const GRAPHEMES = new Intl.Segmenter()

/** Cuts a text to at most `columns` columns and ends its colours. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let [clipped, width] = ['', 0]
  // Colours take no column, and one that was begun must be ended.
  for (const part of text.split(COLOUR)) {
    const isColour = COLOUR.test(part)
    const pieces = isColour ? [part] : [...GRAPHEMES.segment(part)].map(({ segment }) => segment)
    for (const piece of pieces) {
      const next = width + widthOf(piece)
      if (!isColour && next > columns) width = columns
      else [clipped, width] = [clipped + piece, next]
    }
  }
  return clipped
}

/** The number of columns that a text takes: two for a Chinese character or an emoji, none for a combining mark or a colour. */
export const widthOf = (text: string): number => stringWidth(text)
