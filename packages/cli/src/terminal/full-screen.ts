import type { ReadStream, WriteStream } from 'node:tty'
import { clip } from './paint.ts'

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_REST_OF_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const KEYS_THAT_END = ['q', 'Q', '\u0003', '\u0004']

/** A screen of its own that is drawn in place; what was there before comes back when it ends. */
export class FullScreen {
  readonly #output: WriteStream
  readonly #input: ReadStream
  readonly #onEnd: () => void
  #text = ''
  #foot = ''

  /** `onEnd` is told when `q`, Ctrl-C or Ctrl-D is pressed. */
  constructor(output: WriteStream, input: ReadStream, onEnd: () => void) {
    this.#output = output
    this.#input = input
    this.#onEnd = onEnd
    output.write(ENTER)
    output.on('resize', this.#draw)
    if (!input.isTTY) return
    input.setRawMode(true)
    input.setEncoding('utf8')
    input.on('data', this.#onKeys)
    input.resume()
  }

  /** `foot` is a line that stays in sight, whatever does not fit above it. */
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

  /** What does not fit is left out: a line that wraps, or a screen that scrolls, would not be drawn in place. */
  #draw = (): void => {
    const { columns, rows } = this.#output
    const lines = [...this.#text.split('\n').slice(0, rows - 2), this.#foot]
    const drawn = lines.map((line) => `${clip(line, columns - 1)}${CLEAR_REST_OF_LINE}\n`).join('')
    this.#output.write(`${HOME}${drawn}${CLEAR_BELOW}`)
  }

  #onKeys = (keys: string): void => {
    if ([...keys].some((key) => KEYS_THAT_END.includes(key))) this.#onEnd()
  }
}
