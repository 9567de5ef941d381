import { createHmac, type Hmac } from 'node:crypto'
import { mapAbreast } from '../../chunks.ts'
import type { CallOptions } from '../../deadline.ts'
import { Deadline } from '../../deadline.ts'
import { decodeRecord, encodeRecord } from '../../record/codec.ts'
import { merge } from '../../record/merge.ts'
import { openListContent } from '../../record/payload.ts'
import { CLOCK_SKEW_MS, endsAtMs, type LiveRecord, type TokenRecord, tombstone } from '../../record/record.ts'
import { parseRecordKey, publicId, type RecordKey, type SubjectKey, subjectKey } from '../../token/digest.ts'
import type { OpenKeyring } from '../../token/keyring.ts'
import { checkDataCentre, MAX_LIFETIME_MS } from '../api/limits.ts'
import type { RenewedSecrets, SessionOptions } from '../api/options.ts'
import type { StoreStatus } from '../api/status.ts'
import type { MergeRequest } from '../commit/requests.ts'
import type { Backend } from './backend.ts'
import { Renewal } from './renewal.ts'
import type { SessionSummary } from './token-store.ts'

/**
 * A record as a Redis node stores it: without the token, and with claims that only the holder of the token can
 * decrypt.
 */
export interface RecordEntry {
  key: string
  bytes: Buffer
}

/** The part of a record that the key ring can open. The lifetime of its session may have passed. */
export type RecordReading =
  | { state: 'live'; id: string; session: SessionSummary }
  | { state: 'revoked'; id: string; expiresAtMs: number }
  /**
   * It is not a record, or it belongs to another data centre, or it is sealed with a key that is not in the ring
   * any more. `id` is null if the key is not the key of a record.
   */
  | { state: 'unreadable'; id: string | null }

/** The result of merging one record into the store. */
export type MergeOutcome =
  /** The store did not have this state. It is acknowledged now. */
  | 'added'
  /** The store had this record or a newer state. It is acknowledged now. */
  | 'known'
  /** The store has a tombstone for this session, and keeps it. */
  | 'kept-revoked'
  /** Its lifetime has passed, so it was not merged. */
  | 'expired'
  /** See {@link RecordReading}; it was not merged. */
  | 'unreadable'

/** The records of one data centre, for backups and operations. It supplements {@link TokenStore}. */
export interface RecordStore {
  /** Identifies the key ring without revealing it. */
  readonly keyringId: string

  /** Begins a MAC (HMAC-SHA256) with a key that is derived from the key ring for one purpose. */
  mac(purpose: string): Hmac

  /** Opens a record with the key ring, without I/O. */
  read(entry: RecordEntry): RecordReading

  /**
   * Merges records into the store by the same rules as every write, so a revoked session stays revoked. Returns the
   * result for each record. Resolves when all are acknowledged like a login. Safe to call again. Throws
   * `STORE_UNAVAILABLE`, `STORE_OVERLOADED`, `STORE_FULL` or `STORE_CLOSED`.
   */
  merge(entries: readonly RecordEntry[], options?: CallOptions): Promise<MergeOutcome[]>

  /**
   * Ends the sessions of these records permanently, and the sessions that replaced them by a rotation, whether or not
   * the key ring can open them. Throws as
   * {@link merge}.
   */
  revoke(entries: readonly RecordEntry[], options?: CallOptions): Promise<void>

  /** As {@link TokenStore.status}. */
  status(): StoreStatus
  /** As {@link TokenStore.ready}. After that, the primary has every acknowledged write. */
  ready(options?: CallOptions): Promise<void>
  /** As {@link TokenStore.renew}. */
  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void>
  close(): Promise<void>
}

const READS_ABREAST = 256

/** A record that may be merged into this store. */
interface Opened {
  key: RecordKey
  record: TokenRecord
  /** Null for a tombstone. */
  listed: { subject: string; device: string; index: SubjectKey | null } | null
}

/** Implements {@link RecordStore} over any backend. */
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
    // Last, so that an invalid option does not leave a connection open.
    this.#backend = backend()
  }

  get keyringId(): string {
    return this.#keyring.id
  }

  mac(purpose: string): Hmac {
    return createHmac('sha256', this.#keyring.deriveKey(purpose))
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
      if (opened === null || endsTooLate(opened.record, nowMs)) outcomes.set(place, 'unreadable')
      else if (hasEnded(opened.record, nowMs)) outcomes.set(place, 'expired')
      else {
        const { key, record, listed } = opened
        kept.push({ place, request: { key, record, subject: listed?.index ?? null } })
      }
    }
    const requests = kept.map(({ request }) => request)
    // Few at a time, because the number of waiting reads per process is limited.
    const before = await mapAbreast(requests, READS_ABREAST, ({ key }) => this.#readOrThrow(key, deadline))
    // Also merges records that the store already has: they may be on the primary alone, and only acknowledged ones
    // are durable.
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
        : // A rotation may have replaced the session before or after it was read. The reader may not find the new one.
          [{ key: recordKey, subject: null, record: tombstone(record), endsReplacements: true as const }]
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
   * If no node could find the session when its tombstone was written, the end of the tombstone is a guess. The
   * record has the real end. This call extends the tombstone, so that it is not removed too early.
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
    const { issuedAtMs, expiresAtMs, payload, external } = record
    const context = { dataCentre: this.#dataCentre, digest, issuedAtMs, expiresAtMs }
    const content = openListContent(context, this.#keyring, payload)
    if (content === null) return null
    const index = content.subject === '' ? null : subjectKey(this.#keyring.indexKey, content.subject)
    if (external !== undefined) return external.index === (index?.key ?? null) ? { ...content, index } : null
    return index?.tag === tag ? { ...content, index } : null
  }

  async #readOrThrow(key: RecordKey, deadline: Deadline): Promise<TokenRecord | null> {
    const answer = await this.#backend.read(key, deadline, { unsettled: true })
    if (!answer.known) throw answer.error
    return answer.value
  }
}

/** A tombstone is not sealed, and one that ends later than any session could would stay in every node's memory. */
function endsTooLate({ expiresAtMs }: TokenRecord, nowMs: number): boolean {
  return expiresAtMs > nowMs + MAX_LIFETIME_MS + CLOCK_SKEW_MS
}

function hasEnded(record: TokenRecord, nowMs: number): boolean {
  return nowMs >= (record.state === 'live' ? endsAtMs(record) : record.expiresAtMs)
}

/** Compares the records before and after the merge. */
function outcomeOf(sent: TokenRecord, before: TokenRecord | null, after: TokenRecord): MergeOutcome {
  if (sent.state === 'live' && after.state === 'revoked') return 'kept-revoked'
  if (before === null) return 'added'
  return encodeRecord(merge(before, sent)).equals(encodeRecord(before)) ? 'known' : 'added'
}
