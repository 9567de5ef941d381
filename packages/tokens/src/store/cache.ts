import { merge } from '../record/merge.ts'
import type { TokenRecord } from '../record/record.ts'

/** What is known of one record. The entry is shared: its holders see later updates. */
export interface CacheEntry {
  record: TokenRecord
  /** The generation of the feed in which a live record was read. */
  generation: number
  /** Whether a tombstone is durable: it was acknowledged, or enough nodes have it that no failover can lose it. */
  durable: boolean
  /** Whether the entry was used since the last eviction scan passed it. */
  used: boolean
}

/** The generation of what is entry, but not known to be complete in any generation of the feed. */
export const NO_GENERATION = -1

/**
 * Whether an entry answers a verification in a generation of the feed: a tombstone when it is durable, a live record
 * in its own generation.
 * INV-TOKENS-43.
 */
export function isFreshIn({ record, generation, durable }: CacheEntry, current: number | null): boolean {
  return record.state === 'revoked' ? durable : current !== null && generation === current
}

/**
 * What this process knows of records, by key. Everything goes in through `merge`, so it never goes backwards.
 * A live record counts only in the generation of the feed in which it was learned: a feed that was begun anew
 * may have missed what happened between. A durable tombstone counts for ever. Both are bounded; each forgets what was
 * not used for long (the clock algorithm: one that was used since the last look is passed over once).
 */
export class NearCache {
  readonly #maxEntries: number
  readonly #live = new Map<string, CacheEntry>()
  readonly #revoked = new Map<string, CacheEntry>()
  #forgottenTombstones = 0

  /** `maxEntries` bounds the live records, and the tombstones likewise. */
  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
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

  /** The entry of a key. */
  get(key: string): CacheEntry | null {
    const entry = this.#revoked.get(key) ?? this.#live.get(key)
    if (entry === undefined) return null
    entry.used = true
    return entry
  }

  /** Merges a record that was true at some time in a generation; returns the entry. */
  upsert(key: string, record: TokenRecord, generation: number): CacheEntry {
    const found = this.#revoked.get(key) ?? this.#live.get(key)
    const entry = found ?? { record, generation, durable: false, used: false }
    if (found !== undefined) {
      entry.record = merge(entry.record, record)
      entry.generation = Math.max(entry.generation, generation)
    }
    if (entry.record.state === 'live') this.#put(this.#live, key, entry)
    else {
      this.#live.delete(key)
      this.#put(this.#revoked, key, entry)
    }
    return entry
  }

  /** The tombstone of a key is durable. */
  markDurable(key: string): void {
    const entry = this.#revoked.get(key)
    if (entry !== undefined) entry.durable = true
  }

  #put(map: Map<string, CacheEntry>, key: string, entry: CacheEntry): void {
    map.set(key, entry)
    if (map.size <= this.#maxEntries) return
    for (const [oldestKey, oldest] of map) {
      map.delete(oldestKey)
      if (!oldest.used) {
        // The entry receives no more updates.
        oldest.generation = NO_GENERATION
        if (oldest.record.state === 'revoked') this.#forgottenTombstones += 1
        return
      }
      oldest.used = false
      map.set(oldestKey, oldest)
    }
  }
}
