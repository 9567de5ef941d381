import type { WriteStream } from 'node:tty'
import { widthOf } from './paint.ts'

const CLEAR_LINE = '\r\u001b[2K'

/**
 * Lines that stay, and below them one that changes in place. In a pipe only the lines that stay are written.
 */
export class LiveOutput {
  readonly #stream: WriteStream
  #current = ''

  constructor(stream: WriteStream) {
    this.#stream = stream
  }

  get isLive(): boolean {
    return this.#stream.isTTY === true
  }

  /** A line that stays. */
  print(line: string): void {
    if (!this.isLive) {
      this.#stream.write(`${line}\n`)
      return
    }
    this.#stream.write(`${CLEAR_LINE}${line}\n${this.#current}`)
  }

  /** The line that changes; an empty text takes it away. */
  update(line: string): void {
    if (!this.isLive) return
    // One column is left free: a full line would wrap, and could not be cleared.
    this.#current = widthOf(line) < this.#stream.columns ? line : ''
    this.#stream.write(CLEAR_LINE + this.#current)
  }

  end(): void {
    this.update('')
  }
}
