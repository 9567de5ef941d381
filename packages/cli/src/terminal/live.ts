import type { WriteStream } from 'node:tty'
import { sizeOf } from './size.ts'
import { widthOf } from './width.ts'

const CLEAR_LINE = '\r\u001b[2K'

/** Prints lines that stay, and below them one that changes in place. In a pipe it prints only the lines that stay. */
export class LiveOutput {
  readonly #stream: WriteStream
  #current = ''

  constructor(stream: WriteStream) {
    this.#stream = stream
  }

  get isLive(): boolean {
    return this.#stream.isTTY === true
  }

  /** Prints a line that stays. */
  print(line: string): void {
    if (!this.isLive) {
      this.#stream.write(`${line}\n`)
      return
    }
    this.#stream.write(`${CLEAR_LINE}${line}\n${this.#current}`)
  }

  /** Replaces the line that changes; an empty text removes it. */
  update(line: string): void {
    if (!this.isLive) return
    // A line that fills the last column would wrap and could not be cleared.
    this.#current = widthOf(line) < sizeOf(this.#stream).columns ? line : ''
    this.#stream.write(CLEAR_LINE + this.#current)
  }

  end(): void {
    this.update('')
  }
}
