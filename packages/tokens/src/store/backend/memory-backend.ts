import { StoreClosedError } from '../../errors.ts'
import { merge, sameContent } from '../../record/merge.ts'
import { keepUntilMs, type TokenRecord, versionOf } from '../../record/record.ts'
import type { RecordKey, SubjectKey } from '../../token/digest.ts'
import type { StoreStatus } from '../api/status.ts'
import { MemoryAttempts } from '../attempts/memory-attempts.ts'
import type { GiveBackRequest, Taken, TakeRequest } from '../attempts/requests.ts'
import type { CacheEntry } from '../cache/near-cache.ts'
import { UNCHECKED_CLOCK } from '../clocks/clock-check.ts'
import { indexKeyOf, type MergeRequest, type Rotated, type RotateRequest } from '../commit/requests.ts'
import type { Answer, ReadAnswer, StoredRecord } from '../read/answers.ts'
import type { Backend } from '../session/backend.ts'

/** A stored record, which this backend alone changes. */
interface StoredEntry extends CacheEntry {
  record: TokenRecord
}

/** Records in the memory of this process, with the same rules as in Redis. They are lost when the process ends. */
export class MemoryBackend implements Backend {
  readonly #records = new Map<string, StoredEntry>()
  /** The sessions of each subject, by their keys. */
  readonly #indexes = new Map<string, Map<string, RecordKey>>()
  /** Which session replaced another, by their keys. */
  readonly #replacements = new Map<string, RecordKey>()
  readonly #attempts = new MemoryAttempts()
  #closed = false
  /** No check: there is no other clock to compare with, and no session outlives this process. */
  readonly clock = UNCHECKED_CLOCK

  /** Returns the record itself, not a cached copy. */
  recall({ key }: RecordKey): CacheEntry | null {
    return this.#get(key)
  }

  mayReappear(): boolean {
    return false
  }

  async requireClock(): Promise<void> {
    this.#assertOpen()
  }

  async compareClocks(): Promise<void> {}

  async read({ key }: RecordKey): Promise<ReadAnswer> {
    this.#assertOpen()
    return { known: true, value: this.#get(key)?.record ?? null, path: 'cache' }
  }

  async isDurable({ key }: RecordKey): Promise<boolean> {
    return this.#get(key)?.record.state === 'revoked'
  }

  async merge(requests: MergeRequest[]): Promise<TokenRecord[]> {
    this.#assertOpen()
    return requests.map((request) => {
      if (request.endsReplacements) this.#endReplacements(request)
      return this.#merge(request)
    })
  }

  /** Does what scripts/rotate.lua does in Redis. */
  async rotate({ fresh, old, ifVersion }: RotateRequest): Promise<Rotated> {
    this.#assertOpen()
    const [isNew, isOld] = [fresh, old].map(({ key }) => this.#get(key.key)?.record ?? null)
    if (isNew ? isNew.state === 'revoked' && isOld?.state !== 'revoked' : isOld?.state === 'revoked') {
      return { fresh: isNew ?? null, old: isOld ?? null }
    }
    if (!isNew && isOld?.state === 'live' && isOld.version !== ifVersion) return { fresh: null, old: isOld }
    this.#replacements.set(old.key.key, fresh.key)
    return { fresh: this.#merge(fresh), old: this.#merge(old) }
  }

  /** There is only one node, so no other node can become the primary. */
  async onOnePrimary<T>(work: () => Promise<T>): Promise<T> {
    return work()
  }

  async list(subject: SubjectKey): Promise<Answer<StoredRecord[]>> {
    this.#assertOpen()
    return { known: true, value: this.#listed(subject) }
  }

  /** There is no server to log in to. */
  async renew(): Promise<void> {
    this.#assertOpen()
  }

  async take(request: TakeRequest): Promise<Taken> {
    this.#assertOpen()
    return this.#attempts.take(request)
  }

  async giveBack(request: GiveBackRequest): Promise<void> {
    this.#assertOpen()
    this.#attempts.giveBack(request)
  }

  status(): StoreStatus {
    const open = !this.#closed
    const problem = open ? null : 'The store was closed.'
    return {
      writable: open,
      readable: open,
      primary: null,
      problem,
      leaseRemainingMs: 0,
      leaseAgeMs: null,
      journalEntries: 0,
      cachedRecords: this.#records.size,
      waitingWrites: 0,
      waitingReads: 0,
      nodes: [],
      sentinels: [],
    }
  }

  async ready(): Promise<void> {
    this.#assertOpen()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#records.clear()
    this.#indexes.clear()
    this.#replacements.clear()
  }

  #merge({ key, subject, record, ifVersion }: MergeRequest): TokenRecord {
    const known = this.#get(key.key)
    const stored = known?.record ?? null
    const merged = stored === null ? record : merge(stored, record)
    const differs = stored?.state === 'live' && !(merged.state === 'live' && sameContent(stored, merged))
    if (ifVersion !== undefined && differs && versionOf(stored) !== ifVersion) return stored
    if (known !== null) known.record = merged
    else this.#records.set(key.key, { record: merged, isFresh: () => !this.#closed })
    const index = indexKeyOf({ record: merged, subject })
    if (index !== null) this.#index(index).set(key.key, key)
    return merged
  }

  #endReplacements({ key, record }: MergeRequest): void {
    for (let next = this.#replacements.get(key.key); next; next = this.#replacements.get(next.key)) {
      this.#merge({ key: next, subject: null, record })
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreClosedError('The store was closed.')
  }

  #get(key: string): StoredEntry | null {
    const known = this.#records.get(key)
    if (known === undefined) return null
    if (Date.now() < keepUntilMs(known.record)) return known
    this.#records.delete(key)
    this.#replacements.delete(key)
    return null
  }

  #index(index: string): Map<string, RecordKey> {
    const listed = this.#indexes.get(index) ?? new Map()
    this.#indexes.set(index, listed)
    return listed
  }

  /** Returns the stored records of a subject, and removes expired ones from its index. */
  #listed(subject: SubjectKey): StoredRecord[] {
    const index = this.#indexes.get(subject.key) ?? new Map<string, RecordKey>()
    const listed: StoredRecord[] = []
    for (const [text, key] of index) {
      const known = this.#get(text)
      if (known === null) index.delete(text)
      else listed.push({ key, record: known.record })
    }
    if (index.size === 0) this.#indexes.delete(subject.key)
    return listed
  }
}
