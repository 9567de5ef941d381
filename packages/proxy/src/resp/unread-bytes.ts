const NONE = Buffer.alloc(0)

/**
 * The bytes of a stream that no reader has taken yet, in one piece. Grows by doubling, so that a large message in many
 * chunks is copied a few times only. Bytes that were handed out are never overwritten.
 */
export class UnreadBytes {
  #bytes: Buffer = NONE
  #length = 0
  /** Whether the space behind `#length` belongs to this object. */
  #isOwn = false

  get length(): number {
    return this.#length
  }

  /** All unread bytes. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Appends bytes. `expected`: how long the unread bytes will be, if that is known. */
  append(chunk: Buffer, expected = 0): void {
    if (this.#length === 0) {
      this.#bytes = chunk
      this.#isOwn = false
    } else {
      const length = this.#length + chunk.length
      if (!this.#isOwn || length > this.#bytes.length)
        this.#grow(Math.max(length, expected, 2 * this.#length))
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length += chunk.length
  }

  /** Takes the first bytes away. */
  take(count: number): void {
    this.#bytes = count === this.#length ? NONE : this.#bytes.subarray(count, this.#length)
    this.#length -= count
    this.#isOwn = false
  }

  #grow(capacity: number): void {
    const larger = Buffer.allocUnsafe(capacity)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
    this.#isOwn = true
  }
}
