import type { Deadline } from '../../deadline.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { GroupLogin } from '../../redis/login.ts'
import type { RecordKey, SubjectKey } from '../../token/digest.ts'
import type { StoreStatus } from '../api/status.ts'
import type { AttemptBackend } from '../attempts/requests.ts'
import type { CacheEntry } from '../cache/near-cache.ts'
import type { SessionClock } from '../clocks/clock-check.ts'
import type { Instant } from '../clocks/instant.ts'
import type { MergeRequest, Rotated, RotateRequest } from '../commit/requests.ts'
import type { Answer, ReadAnswer, StoredRecord } from '../read/answers.ts'

/**
 * Where records are stored. The code above this interface decides everything about tokens, sessions and lifetimes.
 * A backend merges records, finds them, and reports when it cannot determine their state.
 */
export interface Backend extends AttemptBackend {
  /** The clock that decides whether a session has ended. */
  readonly clock: SessionClock

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

  /** Asks once whether the tombstone under a key is durable. False if that is not known. */
  isDurable(key: RecordKey, deadline: Deadline): Promise<boolean>

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

  status(): StoreStatus
  /** Throws as {@link TokenStore.ready}. */
  ready(deadline: Deadline): Promise<void>
  close(): Promise<void>
}
