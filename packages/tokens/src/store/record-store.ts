import { Deadline } from '../deadline.ts'
import { decodeRecord, encodeRecord } from '../record/codec.ts'
import { merge } from '../record/merge.ts'
import { openListContent } from '../record/payload.ts'
import { endsAtMs, type LiveRecord, type TokenRecord, tombstone } from '../record/record.ts'
import { parseRecordKey, publicId, type RecordKey, type SubjectKey, subjectKey } from '../token/digest.ts'
import type { OpenKeyring } from '../token/keyring.ts'
import type { Backend, MergeRequest } from './backend.ts'
import type { CallOptions } from './call-options.ts'
import { mapAbreast } from './chunks.ts'
import { checkDataCentre } from './limits.ts'
import type { RenewedSecrets, SessionOptions } from './options.ts'
import { Renewal } from './renewal.ts'
import type { SessionSummary, StoreStatus } from './store.ts'

/** A record as a Redis node keeps it: no token, and claims that only the holder of the token can open. */
export interface RecordEntry {
  key: string
  bytes: Buffer
}

/** What the key ring shows of a record. Its session may have ended by its lifetime. */
export type RecordReading =
  | { state: 'live'; id: string; session: SessionSummary }
  | { state: 'revoked'; id: string; expiresAtMs: number }
  /**
   * No record, or of another data centre, or sealed with a key that the ring does not hold any more. `id` is null when
   * the key is no record's.
   */
  | { state: 'unreadable'; id: string | null }

/** What became of a record that was merged into the store. */
export type MergeOutcome =
  /** It told the store something new, and that is acknowledged. */
  | 'added'
  /** The store held it, or something newer; that is acknowledged now. */
  | 'known'
  /** Its session was revoked in the store, and stays so. */
  | 'kept-revoked'
  /** Its lifetime has passed, so it was not merged. */
  | 'expired'
  /** See {@link RecordReading}; it was not merged. */
  | 'unreadable'

/** The records of one data centre: for backups and operations, beside {@link TokenStore}. */
export interface RecordStore {
  /** Names the key ring without showing it. */
  readonly keyringId: string

  /** No I/O. */
  read(entry: RecordEntry): RecordReading

  /**
   * Merges records into the store by the rules of every write, so that a revoked session stays revoked; answers what
   * became of each. Resolves when all are acknowledged like a login. Safe to call again. Throws `STORE_UNAVAILABLE`,
   * `STORE_OVERLOADED`, `STORE_FULL` or `STORE_CLOSED`.
   */
  merge(entries: readonly RecordEntry[], options?: CallOptions): Promise<MergeOutcome[]>

  /** Ends the sessions of these records for good, whether the key ring opens them or not. Throws as {@link merge}. */
  revoke(entries: readonly RecordEntry[], options?: CallOptions): Promise<void>

  /** As {@link TokenStore.status}. */
  status(): StoreStatus
  /** As {@link TokenStore.ready}: from then on the primary has been told all that was ever acknowledged. */
  ready(options?: CallOptions): Promise<void>
  /** As {@link TokenStore.renew}. */
  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void>
  close(): Promise<void>
}

const READS_ABREAST = 256

/** A record that may be merged here. */
interface Opened {
  key: RecordKey
  record: TokenRecord
  /** Null for a tombstone. */
  listed: { subject: string; device: string; index: SubjectKey } | null
}

/** The records of any backend. */
export class BackendRecords implements RecordStore {
  readonly #backend: Backend
  readonly #dataCentre: string
  readonly #renewal: Renewal
  readonly #timeoutMs: number

  /** Throws `INVALID_OPTION`. */
  constructor(backend: () => Backend, options: SessionOptions, timeoutMs: number) {
    this.#dataCentre = checkDataCentre(options.dataCentre)
    this.#renewal = new Renewal(options.keyring)
    this.#timeoutMs = timeoutMs
    // Last, so that a wrong option leaves no connection behind.
    this.#backend = backend()
  }

  get keyringId(): string {
    return this.#keyring.id
  }

  read(entry: RecordEntry): RecordReading {
    const opened = this.#open(entry)
    if (opened === null) {
      const key = parseRecordKey(entry.key)
      return { state: 'unreadable', id: key && publicId(key.digest) }
    }
    const { key, record, listed } = opened
    const id = publicId(key.digest)
    if (record.state === 'revoked') return { state: 'revoked', id, expiresAtMs: record.expiresAtMs }
    const { subject, device } = listed ?? { subject: '', device: '' }
    const { issuedAtMs, idleUntilMs, expiresAtMs } = record
    return { state: 'live', id, session: { id, subject, device, issuedAtMs, idleUntilMs, expiresAtMs } }
  }

  // INV-TOKENS-54: restored records.
  async merge(entries: readonly RecordEntry[], options?: CallOptions): Promise<MergeOutcome[]> {
    const deadline = Deadline.of(options, this.#timeoutMs)
    await this.#backend.requireClock(deadline)
    const nowMs = Date.now()
    const outcomes = new Map<number, MergeOutcome>()
    const kept: { place: number; request: MergeRequest }[] = []
    for (const [place, entry] of entries.entries()) {
      const opened = this.#open(entry)
      if (opened === null) outcomes.set(place, 'unreadable')
      else if (hasEnded(opened.record, nowMs)) outcomes.set(place, 'expired')
      else {
        const { key, record, listed } = opened
        kept.push({ place, request: { key, record, subject: listed?.index ?? null } })
      }
    }
    const requests = kept.map(({ request }) => request)
    // Few at once: the reads of this process are bounded.
    const before = await mapAbreast(requests, READS_ABREAST, ({ key }) => this.#readOrThrow(key, deadline))
    // Also what the store holds already: it may lie on the primary alone, and only what is acknowledged is sure to stay.
    const after = requests.length === 0 ? [] : await this.#backend.merge(requests, deadline)
    await this.#prolong(requests, after, deadline)
    for (const [index, { place, request }] of kept.entries()) {
      outcomes.set(place, outcomeOf(request.record, before[index] ?? null, after[index] ?? request.record))
    }
    return entries.map((_, place) => outcomes.get(place) ?? 'unreadable')
  }

  async revoke(entries: readonly RecordEntry[], options?: CallOptions): Promise<void> {
    const tombstones = entries.flatMap(({ key, bytes }) => {
      const [recordKey, record] = [parseRecordKey(key), decodeRecord(bytes)]
      return recordKey === null || record === null
        ? []
        : [{ key: recordKey, subject: null, record: tombstone(record) }]
    })
    if (tombstones.length === 0) return
    await this.#backend.merge(tombstones, Deadline.of(options, this.#timeoutMs))
  }

  status(): StoreStatus {
    return this.#backend.status()
  }

  ready(options?: CallOptions): Promise<void> {
    return this.#backend.ready(Deadline.of(options, this.#timeoutMs))
  }

  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void> {
    return this.#renewal.renew(this.#backend, secrets, options, this.#timeoutMs)
  }

  close(): Promise<void> {
    return this.#backend.close()
  }

  get #keyring(): OpenKeyring {
    return this.#renewal.keyring
  }

  /**
   * The end of a tombstone is a guess if no node could find its session when it was written. The record has the real
   * end, so that the tombstone is not forgotten earlier.
   */
  async #prolong(requests: MergeRequest[], after: TokenRecord[], deadline: Deadline): Promise<void> {
    const short = requests.flatMap(({ key, record }, index) => {
      const stored = after[index]
      return stored?.state === 'revoked' && stored.expiresAtMs < record.expiresAtMs
        ? [{ key, subject: null, record: tombstone(record) }]
        : []
    })
    if (short.length > 0) await this.#backend.merge(short, deadline)
  }

  #open({ key: text, bytes }: RecordEntry): Opened | null {
    const [key, record] = [parseRecordKey(text), decodeRecord(bytes)]
    if (key === null || record === null) return null
    if (record.state === 'revoked') return { key, record, listed: null }
    const listed = this.#openList(key, record)
    return listed && { key, record, listed }
  }

  #openList({ tag, digest }: RecordKey, record: LiveRecord): Opened['listed'] {
    const { issuedAtMs, expiresAtMs, payload } = record
    const context = { dataCentre: this.#dataCentre, digest, issuedAtMs, expiresAtMs }
    const content = openListContent(context, this.#keyring, payload)
    if (content === null) return null
    const index = subjectKey(this.#keyring.indexKey, content.subject)
    return index.tag === tag ? { ...content, index } : null
  }

  async #readOrThrow(key: RecordKey, deadline: Deadline): Promise<TokenRecord | null> {
    const answer = await this.#backend.read(key, deadline, { unsettled: true })
    if (!answer.known) throw answer.error
    return answer.value
  }
}

function hasEnded(record: TokenRecord, nowMs: number): boolean {
  return nowMs >= (record.state === 'live' ? endsAtMs(record) : record.expiresAtMs)
}

/** The outcome, from the records before and after. */
function outcomeOf(sent: TokenRecord, before: TokenRecord | null, after: TokenRecord): MergeOutcome {
  if (sent.state === 'live' && after.state === 'revoked') return 'kept-revoked'
  if (before === null) return 'added'
  return encodeRecord(merge(before, sent)).equals(encodeRecord(before)) ? 'known' : 'added'
}
