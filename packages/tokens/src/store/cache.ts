import { merge } from '../record/merge.ts'
import type { TokenRecord } from '../record/record.ts'

/** What is known of one record. Who was handed it sees what is learned later. */
export interface Known {
  record: TokenRecord
  /** The feed's generation in which a live record was learned. */
  generation: number
  /** Whether a tombstone is sure to stay: it was acknowledged, or is where no failover can lose it. */
  settled: boolean
  /** Whether it was used since it was last looked at to be forgotten. */
  used: boolean
}

/** The generation of what is known, but not known to be complete in any generation of the feed. */
export const NO_GENERATION = -1

/**
 * Whether a record may be told from memory in a generation of the feed: a tombstone when it is sure to stay, a live
 * one in its own generation.
 * INV-TOKENS-43.
 */
export function countsIn({ record, generation, settled }: Known, current: number | null): boolean {
  return record.state === 'revoked' ? settled : current !== null && generation === current
}

/**
 * What this process knows of records, by key. Everything goes in through `merge`, so it never goes backwards.
 * A live record counts only in the generation of the feed in which it was learned: a feed that was begun anew
 * may have missed what happened between. A settled tombstone counts for ever. Both are bounded; each forgets what was
 * not used for long (the clock algorithm: one that was used since the last look is passed over once).
 */
export class NearCache {
  readonly #mostEntries: number
  readonly #live = new Map<string, Known>()
  readonly #revoked = new Map<string, Known>()
  #forgottenTombstones = 0

  /** `mostEntries` bounds the live records, and the tombstones likewise. */
  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries
  }

  /**
   * How many tombstones were forgotten so far. A read that was under way meanwhile may bring the live record from before
   * its tombstone, and nothing here would contradict it.
   */
  get forgottenTombstones(): number {
    return this.#forgottenTombstones
  }

  get size(): number {
    return this.#live.size + this.#revoked.size
  }

  /** What is known under a key. */
  get(key: string): Known | null {
    const known = this.#revoked.get(key) ?? this.#live.get(key)
    if (known === undefined) return null
    known.used = true
    return known
  }

  /** Learns a record that was true at some time in a generation; returns what is known with it. */
  learn(key: string, record: TokenRecord, generation: number): Known {
    const found = this.#revoked.get(key) ?? this.#live.get(key)
    const known = found ?? { record, generation, settled: false, used: false }
    if (found !== undefined) {
      known.record = merge(known.record, record)
      known.generation = Math.max(known.generation, generation)
    }
    if (known.record.state === 'live') this.#put(this.#live, key, known)
    else {
      this.#live.delete(key)
      this.#put(this.#revoked, key, known)
    }
    return known
  }

  /** The tombstone under a key is sure to stay. */
  settle(key: string): void {
    const known = this.#revoked.get(key)
    if (known !== undefined) known.settled = true
  }

  #put(map: Map<string, Known>, key: string, known: Known): void {
    map.set(key, known)
    if (map.size <= this.#mostEntries) return
    for (const [oldestKey, oldest] of map) {
      map.delete(oldestKey)
      if (!oldest.used) {
        // Nobody tells it of changes any more.
        oldest.generation = NO_GENERATION
        if (oldest.record.state === 'revoked') this.#forgottenTombstones += 1
        return
      }
      oldest.used = false
      map.set(oldestKey, oldest)
    }
  }
}
