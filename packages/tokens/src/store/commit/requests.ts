import type { TokenRecord } from '../../record/record.ts'
import type { RecordKey, SubjectKey } from '../../token/digest.ts'

/** A record to merge into the store. */
export interface MergeRequest {
  key: RecordKey
  /**
   * The index that lists the session of a token. Null for a tombstone, whose session stays in the index, and for an
   * external session, whose record names its index.
   */
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

/** Returns the key of the index that a record belongs to, or null if it does not change any index. */
export function indexKeyOf({ record, subject }: Pick<MergeRequest, 'record' | 'subject'>): string | null {
  const external = record.state === 'live' ? record.external : undefined
  return external === undefined ? (subject?.key ?? null) : external.index
}

/** A session and its replacement, stored in one step. */
export interface RotateRequest {
  fresh: MergeRequest
  /** The tombstone of the old session. */
  old: MergeRequest
  /**
   * The version of the old session whose content the new one has. Nothing is done if a live old session has another
   * one, because its update would be lost.
   */
  ifVersion: number
}

/**
 * The stored records after a rotation. The rotation has succeeded if the new session is live and the old one has
 * ended. If there is no new one and the old one is live, an update came before the rotation.
 */
export interface Rotated {
  fresh: TokenRecord | null
  old: TokenRecord | null
}
