import type { Socket } from 'node:net'

/** The place of one answer. */
interface Place {
  reply: Buffer | null
}

/**
 * The answers to one client, in the order of its commands. An answer that is there early waits for those before it.
 * All answers that are ready in one turn of the event loop go out in one write.
 */
export class Answers {
  readonly #socket: Socket
  readonly #onProgress: () => void
  #places: Place[] = []
  #first = 0
  #isScheduled = false

  constructor(socket: Socket, onProgress: () => void) {
    this.#socket = socket
    this.#onProgress = onProgress
  }

  /** Commands without an answer, and answers that wait for them. */
  get size(): number {
    return this.#places.length - this.#first
  }

  /** Reserves the place of the next answer, and returns the function that fills it. */
  reserve(): (reply: Buffer) => void {
    const place: Place = { reply: null }
    this.#places.push(place)
    return (reply) => {
      place.reply ??= reply
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(() => {
      this.#isScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const ready: Buffer[] = []
    for (let place = this.#places[this.#first]; place?.reply != null; place = this.#places[this.#first]) {
      ready.push(place.reply)
      this.#first += 1
    }
    if (this.#first > 1024 || this.#first === this.#places.length) {
      this.#places = this.#places.slice(this.#first)
      this.#first = 0
    }
    if (ready.length === 0) return
    if (!this.#socket.destroyed)
      this.#socket.write(ready.length === 1 ? (ready[0] ?? '') : Buffer.concat(ready))
    this.#onProgress()
  }
}
