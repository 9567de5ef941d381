import { merge } from '../../record/merge.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { Instant } from '../clocks/instant.ts'

/**
 * The cached state of one record, for readers. Later updates are visible to all code that holds the entry. Only the
 * cache that created it changes it.
 */
export interface CacheEntry {
  readonly record: TokenRecord
  /**
   * Whether the entry can answer a verification now: a tombstone if it is durable, a live record only in the
   * generation of the feed in which it was read.
   * INV-TOKENS-43.
   */
  isFresh(now: Instant): boolean
}

export interface NearCacheOptions {
  /** Limits the live records, and separately the tombstones. */
  maxEntries: number
  /** The generation of the feed whose live records are certainly true at this moment, or null if there is none. */
  currentGeneration: (now: Instant) => number | null
  /** Whether a tombstone that is not durable answers nothing. False only in tests. */
  needsDurable: boolean
}

/** The generation of an entry that is not known to be complete in any generation of the feed. */
const NO_GENERATION = -1

class Entry implements CacheEntry {
  record: TokenRecord
  /** The generation of the feed in which a live record was read. */
  generation: number
  /** Whether the tombstone is durable: it was acknowledged, or enough nodes have it that no failover can lose it. */
  durable = false
  /** Whether the entry was used since the last eviction scan passed it. */
  used = false
  readonly #options: NearCacheOptions

  constructor(record: TokenRecord, generation: number, options: NearCacheOptions) {
    this.record = record
    this.generation = generation
    this.#options = options
  }

  isFresh(now: Instant): boolean {
    if (!this.#answers(now)) return false
    this.used = true
    return true
  }

  #answers(now: Instant): boolean {
    if (this.record.state === 'revoked') return this.durable || !this.#options.needsDurable
    return this.generation === this.#options.currentGeneration(now)
  }
}

/**
 * The near cache: the records that this process knows, by key. It is the only writer of its entries: other code
 * reports what happened to a record, and asks. Every change is a `merge`, so an entry never goes backwards. A live
 * record is fresh only in the generation of the feed in which it was read: the feed may have missed messages between
 * two generations. A durable tombstone stays fresh forever. Live records and tombstones are bounded separately. The
 * clock algorithm evicts entries that were not used since its last pass.
 */
export class NearCache {
  readonly #options: NearCacheOptions
  readonly #live = new Map<string, Entry>()
  readonly #revoked = new Map<string, Entry>()
  #forgottenTombstones = 0

  constructor(options: NearCacheOptions) {
    this.#options = options
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

  /** Returns the entry of a key if it can answer a verification now. */
  recall(key: string, now: Instant): CacheEntry | null {
    const entry = this.#use(key)
    return entry?.isFresh(now) ? entry : null
  }

  /** Returns the newest known state of a record, which may be outdated. */
  latest(key: string): TokenRecord | null {
    return this.#use(key)?.record ?? null
  }

  /**
   * Notes a record that a read or the feed delivered. It was complete in a generation of the feed, or in none: then it
   * does not answer as live.
   */
  noteSeen(key: string, record: TokenRecord, generation: number | null): CacheEntry {
    return this.#upsert(key, record, generation ?? NO_GENERATION)
  }

  /** Notes a record that was just acknowledged. A tombstone is durable from then on. */
  noteAcknowledged(key: string, record: TokenRecord): CacheEntry {
    const entry = this.#upsert(key, record, NO_GENERATION)
    if (record.state === 'revoked') entry.durable = true
    return entry
  }

  /** Notes that no failover can undo the tombstone of a key. */
  noteDurable(key: string): void {
    const entry = this.#revoked.get(key)
    if (entry !== undefined) entry.durable = true
  }

  /** Whether the cache has a tombstone under a key that no failover can undo. */
  isDurable(key: string): boolean {
    return this.#revoked.get(key)?.durable === true
  }

  #use(key: string): Entry | null {
    const entry = this.#revoked.get(key) ?? this.#live.get(key)
    if (entry === undefined) return null
    entry.used = true
    return entry
  }

  /** Merges a record that was true at some time in a generation, and returns the entry. */
  #upsert(key: string, record: TokenRecord, generation: number): Entry {
    const found = this.#revoked.get(key) ?? this.#live.get(key)
    const entry = found ?? new Entry(record, generation, this.#options)
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

  #put(map: Map<string, Entry>, key: string, entry: Entry): void {
    map.set(key, entry)
    if (map.size <= this.#options.maxEntries) return
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
