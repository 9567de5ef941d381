import { styleText } from 'node:util'

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
