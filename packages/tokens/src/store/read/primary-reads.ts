import type { Reply } from '../../redis/connection.ts'
import type { Node } from '../../redis/node.ts'

/** Maximum number of keys per command, so that it keeps the primary busy for a fraction of a millisecond. */
const MAX_KEYS = 256
/** If the primary has not answered within this time, it counts as hung. */
const COMMAND_TIMEOUT_MS = 1000

/** The result of a read: the value of the key, or null if there is no usable answer. */
export type EarlyValue = { value: Reply } | null

interface Batch {
  node: Node
  keys: string[]
  waiting: ((value: EarlyValue) => void)[]
}

export interface PrimaryReadsOptions {
  /** How long a read waits for the primary (in milliseconds). */
  hedgeMs: number
  /** Whether an answer of this node alone is valid now. */
  isFresh: (node: Node) => boolean
  /** The node has not answered in time. */
  onLate: (node: Node) => void
  /** The late node has answered. */
  onAnswer: (node: Node) => void
  onFailure: (error: unknown) => void
}

/**
 * Reads of single keys from the primary. All reads of one turn of the event loop go out as one MGET with one
 * deadline, because one command and one timer per key cost four times as much (bench/RESULTS.md).
 */
export class PrimaryReads {
  readonly #options: PrimaryReadsOptions
  #batch: Batch | null = null

  constructor(options: PrimaryReadsOptions) {
    this.#options = options
  }

  /**
   * Returns the value of the key if the node answers within `hedgeMs` and its answer is valid at that time;
   * otherwise null. Never rejects.
   */
  get(node: Node, key: string): Promise<EarlyValue> {
    return new Promise((resolve) => {
      if (this.#batch !== null && (this.#batch.node !== node || this.#batch.keys.length >= MAX_KEYS)) {
        this.#flush(this.#batch)
      }
      if (this.#batch === null) {
        const batch: Batch = { node, keys: [], waiting: [] }
        this.#batch = batch
        // Runs after all callers that resume in this turn have added their keys.
        process.nextTick(() => this.#flush(batch))
      }
      this.#batch.keys.push(key)
      this.#batch.waiting.push(resolve)
    })
  }

  #flush(batch: Batch): void {
    if (this.#batch !== batch) return
    this.#batch = null
    void this.#send(batch)
  }

  async #send({ node, keys, waiting }: Batch): Promise<void> {
    const { hedgeMs, isFresh, onLate, onAnswer, onFailure } = this.#options
    const timer = setTimeout(() => {
      onLate(node)
      for (const resolve of waiting) resolve(null)
    }, hedgeMs)
    try {
      const replies = await node.read(['MGET', ...keys], COMMAND_TIMEOUT_MS)
      onAnswer(node)
      const counts = isFresh(node) && Array.isArray(replies)
      for (const [index, resolve] of waiting.entries()) {
        resolve(counts ? { value: replies[index] ?? null } : null)
      }
    } catch (error) {
      onFailure(error)
      for (const resolve of waiting) resolve(null)
    } finally {
      clearTimeout(timer)
    }
  }
}
