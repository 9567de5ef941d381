import type { ReadStream, WriteStream } from 'node:tty'
import { sizeOf } from './size.ts'
import { clip } from './width.ts'

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_REST_OF_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const QUIT_KEYS = ['q', 'Q', '\u0003', '\u0004']

/** Draws on the alternate screen of the terminal; `end` restores the normal screen. */
export class FullScreen {
  readonly #output: WriteStream
  readonly #input: ReadStream
  readonly #onQuit: () => void
  #text = ''
  #foot = ''

  /** Calls `onQuit` when the user presses `q`, Ctrl-C or Ctrl-D. */
  constructor(output: WriteStream, input: ReadStream, onQuit: () => void) {
    this.#output = output
    this.#input = input
    this.#onQuit = onQuit
    output.write(ENTER)
    output.on('resize', this.#draw)
    if (!input.isTTY) return
    input.setRawMode(true)
    input.setEncoding('utf8')
    input.on('data', this.#onKeys)
    input.resume()
  }

  /** Draws the text, cut to the screen, and `foot` as the last line. */
  show(text: string, foot: string): void {
    this.#text = text
    this.#foot = foot
    this.#draw()
  }

  end(): void {
    this.#output.off('resize', this.#draw)
    this.#output.write(LEAVE)
    if (!this.#input.isTTY) return
    this.#input.off('data', this.#onKeys)
    this.#input.setRawMode(false)
    this.#input.pause()
  }

  /** Cuts what does not fit: a line that wraps or a screen that scrolls could not be redrawn in place. */
  #draw = (): void => {
    const { columns, rows } = sizeOf(this.#output)
    const lines = [...this.#text.split('\n').slice(0, rows - 2), this.#foot]
    const drawn = lines.map((line) => `${clip(line, columns - 1)}${CLEAR_REST_OF_LINE}\n`).join('')
    this.#output.write(`${HOME}${drawn}${CLEAR_BELOW}`)
  }

  #onKeys = (keys: string): void => {
    if ([...keys].some((key) => QUIT_KEYS.includes(key))) this.#onQuit()
  }
}
