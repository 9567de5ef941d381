import type { StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { RecordKey } from '../../token/digest.ts'
import type { VerificationPath } from '../api/observer.ts'

/** A value, or the reason why the nodes did not give one. */
export type Answer<T> = { known: true; value: T } | NoAnswer

export interface NoAnswer {
  known: false
  error: StoreUnavailableError | StoreOverloadedError
}

/** A record or null, with the source of the answer; or the reason why no source could answer. */
export type ReadAnswer = { known: true; value: TokenRecord | null; path: VerificationPath } | NoAnswer

/** A session in the list of a subject. */
export interface StoredRecord {
  key: RecordKey
  record: TokenRecord
  /**
   * A rotation may have ended the session while the list was read, and the session that replaced it may be missing
   * in the list.
   */
  mayBeReplaced?: boolean
}
