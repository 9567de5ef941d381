import { merge } from '../record/merge.ts'
import type { LiveRecord, RevokedRecord, TokenRecord } from '../record/record.ts'

/** A live record, and the feed's generation in which it was learned. */
interface LiveEntry {
  record: LiveRecord
  generation: number
}

/**
 * What this process knows of records, by key. Everything goes in through `merge`, so it never goes backwards.
 * A live record counts only in the generation of the feed in which it was learned: a feed that was begun anew
 * may have missed what happened between. A tombstone counts for ever. Both maps are bounded; each forgets what
 * was not used for longest.
 */
export class NearCache {
  readonly #mostEntries: number
  readonly #live = new Map<string, LiveEntry>()
  readonly #revoked = new Map<string, RevokedRecord>()

  /** `mostEntries` bounds the live records, and the tombstones likewise. */
  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries
  }

  get size(): number {
    return this.#live.size + this.#revoked.size
  }

  /** The tombstone under a key, if one was ever seen. */
  revoked(key: string): RevokedRecord | null {
    return this.#revoked.get(key) ?? null
  }

  /** The live record under a key, if it was learned in this generation of the feed. */
  live(key: string, generation: number): LiveRecord | null {
    const entry = this.#live.get(key)
    if (entry === undefined || entry.generation !== generation) return null
    // Used just now: to the young end.
    this.#live.delete(key)
    this.#live.set(key, entry)
    return entry.record
  }

  /** Learns a record that was true at some time in a generation; returns what is known with it. */
  learn(key: string, record: TokenRecord, generation: number): TokenRecord {
    const tombstone = this.#revoked.get(key)
    const entry = this.#live.get(key)
    const known = tombstone ?? entry?.record
    const merged = known === undefined ? record : merge(known, record)
    this.#live.delete(key)
    if (merged.state === 'revoked') {
      this.#revoked.delete(key)
      put(this.#revoked, key, merged, this.#mostEntries)
    } else {
      const newest = Math.max(generation, entry?.generation ?? generation)
      put(this.#live, key, { record: merged, generation: newest }, this.#mostEntries)
    }
    return merged
  }
}

function put<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.set(key, value)
  if (map.size > most) {
    for (const oldest of map.keys()) {
      map.delete(oldest)
      break
    }
  }
}
