import { merge } from '../../record/merge.ts'
import type { TokenRecord } from '../../record/record.ts'

/** The cached state of one record. The entry is shared: later updates are visible to all code that holds it. */
export interface CacheEntry {
  record: TokenRecord
  /** The generation of the feed in which a live record was read. */
  generation: number
  /** Whether the tombstone is durable: it was acknowledged, or enough nodes have it that no failover can lose it. */
  durable: boolean
  /** Whether the entry was used since the last eviction scan passed it. */
  used: boolean
}

/** The generation of an entry that is not known to be complete in any generation of the feed. */
export const NO_GENERATION = -1

/**
 * Whether an entry can answer a verification in a generation of the feed: a tombstone if it is durable, a live
 * record only in its own generation.
 * INV-TOKENS-43.
 */
export function isFreshIn({ record, generation, durable }: CacheEntry, current: number | null): boolean {
  return record.state === 'revoked' ? durable : current !== null && generation === current
}

/**
 * The near cache: the records that this process knows, by key. Every change is a `merge`, so an entry never goes
 * backwards. A live record is fresh only in the generation of the feed in which it was read: the feed may have
 * missed messages between two generations. A durable tombstone stays fresh forever. Live records and tombstones are
 * bounded separately. The clock algorithm evicts entries that were not used since its last pass.
 */
export class NearCache {
  readonly #maxEntries: number
  readonly #live = new Map<string, CacheEntry>()
  readonly #revoked = new Map<string, CacheEntry>()
  #forgottenTombstones = 0

  /** `maxEntries` limits the live records, and separately the tombstones. */
  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /**
   * The number of tombstones that were evicted so far. A read that was in progress during an eviction may return
   * the live record from before the tombstone, and the cache could not contradict it.
   */
  get forgottenTombstones(): number {
    return this.#forgottenTombstones
  }

  get size(): number {
    return this.#live.size + this.#revoked.size
  }

  /** Returns the entry of a key. */
  get(key: string): CacheEntry | null {
    const entry = this.#revoked.get(key) ?? this.#live.get(key)
    if (entry === undefined) return null
    entry.used = true
    return entry
  }

  /** Merges a record that was true at some time in a generation, and returns the entry. */
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

  /** Marks the tombstone of a key as durable. */
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
        // The evicted entry receives no more updates.
        oldest.generation = NO_GENERATION
        if (oldest.record.state === 'revoked') this.#forgottenTombstones += 1
        return
      }
      oldest.used = false
      map.set(oldestKey, oldest)
    }
  }
}
