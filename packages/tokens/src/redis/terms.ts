import type { Node } from './node.ts'

export interface TermsOptions {
  /** Whether a primary that has restarted at its address counts as another primary. False only in tests. */
  countRestarts: boolean
  /** Called when another node than the last one becomes the primary. */
  onFailover: (from: string, to: string) => void
}

/**
 * Counts the terms: the time of one known primary. A term ends when another node becomes the primary, when the primary
 * is lost, and when its process has restarted.
 */
export class Terms {
  readonly #options: TermsOptions
  #primary: Node | null = null
  #lastPrimary: string | null = null
  #lastReplid: string | null = null
  #term = 0
  #beganMs = 0
  #failovers = 0
  #end = Promise.withResolvers<void>()

  constructor(options: TermsOptions) {
    this.#options = options
  }

  /** The primary, or null while it is not known. */
  get primary(): Node | null {
    return this.#primary
  }

  /** The address of the last primary, or null before the first one. */
  get lastPrimary(): string | null {
    return this.#lastPrimary
  }

  get term(): number {
    return this.#term
  }

  /** When the current term began (monotonic ms). */
  get beganMs(): number {
    return this.#beganMs
  }

  /** How often another node, or another process at the same address, has become the primary. */
  get failovers(): number {
    return this.#failovers
  }

  /** Resolves when `term` has ended. */
  async over(term: number): Promise<void> {
    if (term === this.#term) await this.#end.promise
  }

  /** Notes the primary of this moment. Calls `onEnd` if the term has ended. */
  note(primary: Node | null, onEnd: () => void): void {
    // INV-TOKENS-21: restarted primary.
    const hasRestarted = this.#hasRestarted(primary)
    if (primary !== this.#primary || hasRestarted) {
      this.#primary = primary
      this.#begin()
      onEnd()
      this.#noteFailover()
      if (hasRestarted) this.#failovers += 1
    }
    this.#lastReplid = primary?.view?.replid ?? this.#lastReplid
  }

  /** Ends the current term: there is no primary any more. */
  close(): void {
    this.#primary = null
    this.#begin()
  }

  /**
   * Whether the last primary is back with a new replication id. Its process was lost, perhaps with its last writes,
   * or it was replaced meanwhile. A process begins a new history each time it starts as a primary.
   */
  #hasRestarted(primary: Node | null): boolean {
    if (primary === null || !this.#options.countRestarts) return false
    return primary.address === this.#lastPrimary && primary.view?.replid !== this.#lastReplid
  }

  #noteFailover(): void {
    const address = this.#primary?.address ?? this.#lastPrimary
    if (this.#lastPrimary !== null && address !== null && address !== this.#lastPrimary) {
      this.#failovers += 1
      this.#options.onFailover(this.#lastPrimary, address)
    }
    this.#lastPrimary = address
  }

  #begin(): void {
    this.#term += 1
    this.#beganMs = performance.now()
    this.#end.resolve()
    this.#end = Promise.withResolvers<void>()
  }
}
