import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ReplySplitter } from '../../src/resp/reply-splitter.ts'

/** A client without a library: it sends lines or bytes, and reads replies as text. */
export class BareClient implements Disposable {
  readonly socket: Socket
  readonly #splitter = new ReplySplitter()
  readonly #replies: string[] = []
  #wake = () => {}

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => {
      this.#replies.push(...this.#splitter.push(chunk).map(String))
      this.#wake()
    })
  }

  /** Sends a line and returns the next replies. */
  async ask(line: string, count = 1): Promise<string[]> {
    this.socket.write(`${line}\r\n`)
    return await this.next(count)
  }

  async next(count = 1): Promise<string[]> {
    while (this.#replies.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#replies.splice(0, count)
  }

  async ended(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close')
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
