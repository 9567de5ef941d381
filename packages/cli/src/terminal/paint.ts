import { stripVTControlCharacters, styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const onOut = (style: Style) => (text: string) => styleText(style, text, { stream: process.stdout })

/** Colours, only on a terminal, and not with NO_COLOR: https://no-color.org */
export const paint = {
  strong: onOut('bold'),
  faint: onOut('dim'),
  good: onOut('green'),
  bad: onOut('red'),
  warning: onOut('yellow'),
  accent: onOut('cyan'),
  error: (text: string) => styleText('red', text, { stream: process.stderr }),
}

/** How many columns a text takes. */
export const widthOf = (text: string): number => stripVTControlCharacters(text).length
