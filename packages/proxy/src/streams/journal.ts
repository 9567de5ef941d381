import type { Batch } from './batch.ts'
import { bytesOf } from './call.ts'

/**
 * Answered batches of one stream that not every planned replica has confirmed, in their order. After a failover those
 * that the new primary lacks are sent again. Its size is bounded: beyond it the oldest are forgotten and counted.
 */
export class Journal {
  readonly #maxBytes: number
  #batches: { batch: Batch; bytes: number }[] = []
  #bytes = 0
  #forgotten = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#batches.length
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes
  }

  /** Batches that were forgotten while a replica lacked them. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Keeps the writes of an answered batch. Its commands are copied: they are parts of larger buffers of a client. */
  keep({ number, calls }: Batch): void {
    const writes = calls.filter(({ isRead }) => !isRead)
    const copies = writes.map((call) => ({
      ...call,
      commands: call.commands.map((command) => Buffer.from(command)),
      isAbandoned: () => false,
      answer: () => {},
    }))
    const bytes = copies.reduce((sum, call) => sum + PER_CALL + bytesOf(call), PER_CALL)
    this.#batches.push({ batch: { number, calls: copies }, bytes })
    this.#bytes += bytes
    while (this.#bytes > this.#maxBytes && this.#batches.length > 1) {
      this.#bytes -= this.#batches.shift()?.bytes ?? 0
      this.#forgotten += 1
    }
  }

  /** Every planned replica has all batches up to this number. */
  confirmed(number: number): void {
    this.#keepOnly((kept) => kept > number)
  }

  /** Forgets one batch. */
  drop(number: number): void {
    this.#keepOnly((kept) => kept !== number)
  }

  /** The batches after this number, oldest first. */
  after(number: number): Batch[] {
    return this.#batches.flatMap(({ batch }) => (batch.number > number ? [batch] : []))
  }

  clear(): number {
    const count = this.#batches.length
    this.#batches = []
    this.#bytes = 0
    return count
  }

  #keepOnly(isKept: (number: number) => boolean): void {
    this.#batches = this.#batches.filter(({ batch }) => isKept(batch.number))
    this.#bytes = this.#batches.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

/** What the parts of a kept call cost beside its bytes, about. */
const PER_CALL = 256
