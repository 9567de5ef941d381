import { merge } from '../record/merge.ts'
import type { FeedRecord } from './feed.ts'

/** What was heard longer before the last is on every node that can be promoted. */
const KEEP_MS = 15_000
const MOST_KEPT = 50_000

/**
 * The last seconds of everybody's writes, as heard on the feed: reckoned back from the last one heard, because
 * a feed that has ended tells nothing new however long the failover takes. Pure: the time is passed in.
 */
export class HeardWrites {
  #heard: { message: FeedRecord; atMs: number }[] = []

  add(message: FeedRecord, nowMs: number): void {
    this.#heard.push({ message, atMs: nowMs })
    if (this.#heard.length > 2 * MOST_KEPT) this.#forget()
  }

  /** What was heard last, one record a key: all that was said of it, merged. */
  recent(): FeedRecord[] {
    this.#forget()
    const merged = new Map<string, FeedRecord>()
    for (const { message } of this.#heard) {
      const known = merged.get(message.key)
      merged.set(message.key, {
        key: message.key,
        subjectKey: message.subjectKey ?? known?.subjectKey ?? null,
        record: known === undefined ? message.record : merge(known.record, message.record),
      })
    }
    return [...merged.values()]
  }

  #forget(): void {
    const last = this.#heard.at(-1)
    if (last === undefined) return
    const young = this.#heard.findIndex(({ atMs }) => atMs >= last.atMs - KEEP_MS)
    this.#heard = this.#heard.slice(Math.max(young, this.#heard.length - MOST_KEPT))
  }
}
