import { StoreClosedError } from '../errors.ts'
import { merge, sameContent } from '../record/merge.ts'
import { keepUntilMs, type TokenRecord } from '../record/record.ts'
import { type RecordKey, recordKey, type SubjectKey } from '../token/digest.ts'
import type { Answer, Backend, MergeRequest, ReadAnswer, StoredRecord } from './backend.ts'
import type { StoreStatus } from './store.ts'

/** Records in the memory of this process, with the same rules as in Redis; gone when the process ends. */
export class MemoryBackend implements Backend {
  readonly #records = new Map<string, TokenRecord>()
  readonly #indexes = new Map<string, Set<string>>()
  #closed = false

  peek(): null {
    return null
  }

  mayReturn(): boolean {
    return false
  }

  countsNow(): boolean {
    return false
  }

  async read({ key }: RecordKey): Promise<ReadAnswer> {
    this.#assertOpen()
    return { known: true, value: this.#get(key), path: 'cache' }
  }

  async merge(requests: MergeRequest[]): Promise<TokenRecord[]> {
    this.#assertOpen()
    return requests.map(({ key, subject, record, ifVersion }) => {
      const stored = this.#get(key.key)
      const merged = stored === null ? record : merge(stored, record)
      const differs = stored?.state === 'live' && !(merged.state === 'live' && sameContent(stored, merged))
      if (ifVersion !== undefined && differs && stored.version !== ifVersion) return stored
      this.#records.set(key.key, merged)
      if (subject !== null) this.#index(subject).add(key.digest)
      return merged
    })
  }

  async list(subject: SubjectKey): Promise<Answer<StoredRecord[]>> {
    this.#assertOpen()
    return { known: true, value: this.#listed(subject) }
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
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreClosedError('The store was closed.')
  }

  #get(key: string): TokenRecord | null {
    const record = this.#records.get(key)
    if (record === undefined) return null
    if (Date.now() < keepUntilMs(record)) return record
    this.#records.delete(key)
    return null
  }

  #index(subject: SubjectKey): Set<string> {
    const index = this.#indexes.get(subject.key) ?? new Set()
    this.#indexes.set(subject.key, index)
    return index
  }

  /** The kept records of a subject; what has gone is forgotten in its index as well. */
  #listed(subject: SubjectKey): StoredRecord[] {
    const index = this.#indexes.get(subject.key) ?? new Set<string>()
    const listed: StoredRecord[] = []
    for (const digest of index) {
      const record = this.#get(recordKey(subject.tag, digest).key)
      if (record === null) index.delete(digest)
      else listed.push({ digest, record })
    }
    if (index.size === 0) this.#indexes.delete(subject.key)
    return listed
  }
}
