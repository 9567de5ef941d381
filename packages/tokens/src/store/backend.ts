import type { Deadline } from '../deadline.ts'
import type { StoreOverloadedError, StoreUnavailableError } from '../errors.ts'
import type { TokenRecord } from '../record/record.ts'
import type { GroupLogin } from '../redis/login.ts'
import type { RecordKey, SubjectKey } from '../token/digest.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './attempt-requests.ts'
import type { CacheEntry } from './cache.ts'
import type { SessionClock } from './clock-check.ts'
import type { Instant } from './instant.ts'
import type { VerificationPath } from './observer.ts'
import type { StoreStatus } from './store.ts'

/** A record to merge into the store. */
export interface MergeRequest {
  key: RecordKey
  /** The index that lists the session; null for a tombstone, whose session stays listed where it is. */
  subject: SubjectKey | null
  record: TokenRecord
  /** When given, the merge happens only while a live stored record has this version. */
  ifVersion?: number
  /** A change of a stored record. With memory full it is still merged, where the record is stored and does not grow. */
  changesStored?: true
  /** A tombstone of a session that was live when it was read: it also ends a session that has replaced that one since. */
  endsReplacements?: true
}

/** A session to replace by another, in one step. */
export interface RotateRequest {
  fresh: MergeRequest
  /** The tombstone of the old one. */
  old: MergeRequest
}

/** What is stored of both afterwards. The rotation is done when the new one is live and the old one has ended. */
export interface Rotated {
  fresh: TokenRecord | null
  old: TokenRecord | null
}

/** What is known, or why nothing is. */
export type Answer<T> = { known: true; value: T } | NoAnswer

export interface NoAnswer {
  known: false
  error: StoreUnavailableError | StoreOverloadedError
}

/** A record, or none, and who said so; or why nobody could. */
export type ReadAnswer = { known: true; value: TokenRecord | null; path: VerificationPath } | NoAnswer

/**
 * Where records are kept. All that a token, a session and a lifetime are is decided above this line; a
 * backend merges records, finds them, and says when it cannot know.
 */
export interface Backend {
  /** The clock by which sessions are judged. */
  readonly clock: SessionClock

  /**
   * Resolves when the clock can be trusted. Throws `STORE_UNAVAILABLE`: at once when it is wrong, else at the deadline.
   */
  requireClock(deadline: Deadline): Promise<void>

  /** Compares the clock with the nodes' again, if that was not done just now. */
  compareClocks(): Promise<void>

  /** What this process remembers of a key, whether it counts or not. */
  peek(key: RecordKey): CacheEntry | null

  /** Whether a record that cannot be found may still be written again by somebody, after a failover. */
  mayReappear(): boolean

  /** Whether what is remembered is sure to be true now. */
  isFresh(known: CacheEntry, now?: Instant): boolean

  /**
   * The record under a key, or null when there is none. A tombstone is sure to stay, unless `unsettled` ones will do.
   * Never throws but `STORE_CLOSED`.
   */
  read(key: RecordKey, deadline: Deadline, options?: { unsettled?: boolean }): Promise<ReadAnswer>

  /**
   * Merges all records of `requests`, acknowledged together; answers the stored record of each afterwards.
   * Throws `STORE_UNAVAILABLE` when it was not acknowledged before the deadline, `STORE_OVERLOADED` and
   * `STORE_FULL` when it was not done.
   */
  merge(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]>

  /**
   * Stores a new session and ends the old one, unless the old one has ended: then neither changes. Never one without the
   * other. Throws as {@link merge}.
   */
  rotate(request: RotateRequest, deadline: Deadline): Promise<Rotated>

  /**
   * Runs `work` on one primary from beginning to end, which has received all that its predecessors acknowledged; again
   * when another node became primary meanwhile. Throws what `work` throws, and `STORE_UNAVAILABLE`.
   */
  onOnePrimary<T>(work: () => Promise<T>, deadline: Deadline): Promise<T>

  /** The records of a subject, ended ones included, until they are forgotten. */
  list(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>>

  /**
   * From now on fresh connections log in by these, once they are accepted; open ones stay. Throws `AUTH_FAILED`,
   * `TLS_FAILED` or `STORE_UNAVAILABLE`, and then nothing changes.
   */
  renew(login: GroupLogin, deadline: Deadline): Promise<void>

  /** Counts an attempt against all its limits or none. Throws as {@link merge}. */
  take(request: TakeRequest, deadline: Deadline): Promise<Taken>

  /** Takes an attempt out of logs again. Throws as {@link merge}. */
  giveBack(request: GiveBackRequest, deadline: Deadline): Promise<void>

  status(): StoreStatus
  /** Throws as {@link TokenStore.ready}. */
  ready(deadline: Deadline): Promise<void>
  close(): Promise<void>
}

export interface StoredRecord {
  digest: string
  record: TokenRecord
  /** It came into the list while the records were read: a rotation may have made it, and another may have ended it since. */
  isNew?: boolean
}
