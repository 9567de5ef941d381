import type { Deadline } from '../../deadline.ts'
import type { StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { GroupLogin } from '../../redis/login.ts'
import type { RecordKey, SubjectKey } from '../../token/digest.ts'
import type { VerificationPath } from '../api/observer.ts'
import type { GiveBackRequest, Taken, TakeRequest } from '../attempts/requests.ts'
import type { CacheEntry } from '../cache/near-cache.ts'
import type { SessionClock } from '../clocks/clock-check.ts'
import type { Instant } from '../clocks/instant.ts'
import type { StoreStatus } from './token-store.ts'

/** A record to merge into the store. */
export interface MergeRequest {
  key: RecordKey
  /** The index that lists the session. Null for a tombstone: its session stays in the index. */
  subject: SubjectKey | null
  record: TokenRecord
  /** If set, the record is merged only while a live stored record has this version. */
  ifVersion?: number
  /**
   * A change of a stored record. It is merged even if memory is full, provided that the record is stored and does
   * not grow.
   */
  changesStored?: true
  /**
   * A tombstone of a session that was live when it was read. It also ends the session that has replaced that one
   * since.
   */
  endsReplacements?: true
}

/** A session and its replacement, stored in one step. */
export interface RotateRequest {
  fresh: MergeRequest
  /** The tombstone of the old session. */
  old: MergeRequest
}

/**
 * The stored records after a rotation. The rotation has succeeded if the new session is live and the old one has
 * ended.
 */
export interface Rotated {
  fresh: TokenRecord | null
  old: TokenRecord | null
}

/** A value, or the reason why the nodes did not give one. */
export type Answer<T> = { known: true; value: T } | NoAnswer

export interface NoAnswer {
  known: false
  error: StoreUnavailableError | StoreOverloadedError
}

/** A record or null, with the source of the answer; or the reason why no source could answer. */
export type ReadAnswer = { known: true; value: TokenRecord | null; path: VerificationPath } | NoAnswer

/**
 * Where records are stored. The code above this interface decides everything about tokens, sessions and lifetimes.
 * A backend merges records, finds them, and reports when it cannot determine their state.
 */
export interface Backend {
  /** The clock that decides whether a session has ended. */
  readonly clock: SessionClock

  /**
   * Resolves when the clock can be trusted. Throws `STORE_UNAVAILABLE`: immediately if the clock is wrong,
   * otherwise at the deadline.
   */
  requireClock(deadline: Deadline): Promise<void>

  /** Compares the clock with the clocks of the nodes again, unless that was done just now. */
  compareClocks(): Promise<void>

  /** Returns the cached entry of a record if it is certainly true now. */
  recall(key: RecordKey, now: Instant): CacheEntry | null

  /** Whether a process may still write a missing record again after a failover. */
  mayReappear(): boolean

  /**
   * Reads the record under a key, or null if it does not exist. A returned tombstone is durable, unless `unsettled`
   * allows one that is not. Throws only `STORE_CLOSED`.
   */
  read(key: RecordKey, deadline: Deadline, options?: { unsettled?: boolean }): Promise<ReadAnswer>

  /**
   * Merges all records of `requests`, which are acknowledged together, and returns the stored record of each.
   * Throws `STORE_UNAVAILABLE` if the write was not acknowledged before the deadline, and `STORE_OVERLOADED` or
   * `STORE_FULL` if nothing was written.
   */
  merge(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]>

  /**
   * Stores a new session and ends the old one, always both or neither. If the old one has already ended, nothing
   * changes. Throws as {@link merge}.
   */
  rotate(request: RotateRequest, deadline: Deadline): Promise<Rotated>

  /**
   * Runs `work` on a single primary that has received everything that its predecessors acknowledged. If another
   * node becomes the primary during `work`, runs it again. Throws what `work` throws, and `STORE_UNAVAILABLE`.
   */
  onOnePrimary<T>(work: () => Promise<T>, deadline: Deadline): Promise<T>

  /** Reads the records of a subject, including ended ones that are still stored. */
  list(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>>

  /**
   * Uses this login for all new connections once the servers have accepted it; open connections stay. Throws
   * `AUTH_FAILED`, `TLS_FAILED` or `STORE_UNAVAILABLE`, and then nothing changes.
   */
  renew(login: GroupLogin, deadline: Deadline): Promise<void>

  /** Counts an attempt against all its limits, or against none. Throws as {@link merge}. */
  take(request: TakeRequest, deadline: Deadline): Promise<Taken>

  /** Removes an attempt from logs. Throws as {@link merge}. */
  giveBack(request: GiveBackRequest, deadline: Deadline): Promise<void>

  status(): StoreStatus
  /** Throws as {@link TokenStore.ready}. */
  ready(deadline: Deadline): Promise<void>
  close(): Promise<void>
}

export interface StoredRecord {
  digest: string
  record: TokenRecord
  /**
   * A rotation may have ended the session while the list was read, and the session that replaced it may be missing
   * in the list.
   */
  mayBeReplaced?: boolean
}
