import type { Deadline } from '../../deadline.ts'
import { StoreUnavailableError } from '../../errors.ts'
import { endsAtMs, type LiveRecord, type TokenRecord } from '../../record/record.ts'
import { publicId, type RecordKey, type SubjectKey } from '../../token/digest.ts'
import type { Inactive } from '../api/verification.ts'
import type { StoredRecord } from '../read/answers.ts'
import type { Backend } from './backend.ts'

/** How the sessions of one kind are found and opened: those of tokens, or those under external ids. */
export interface SessionOpener<Content extends object> {
  /** Returns the key of a token's record, or null if the token cannot have a record here. */
  keyOf(token: string): RecordKey | null
  /** Returns the reason why a token cannot have a record here. */
  refuse(token: string): Inactive
  /** Opens what only the holder of the token can read. Null if the record belongs to another data centre. */
  open(token: string, key: RecordKey, record: LiveRecord): Content | null
  subjectKey(subject: string): SubjectKey
}

/** The answer for a live session with this content. */
export type ActiveWith<Content> = { status: 'active'; id: string } & Content & Lifetime

type Lifetime = Pick<LiveRecord, 'issuedAtMs' | 'idleUntilMs' | 'expiresAtMs'>

/** A live session that was found and opened with its token. */
interface Found<Content> {
  status: 'found'
  key: RecordKey
  record: LiveRecord
  session: ActiveWith<Content>
}

/** Finds sessions, and decides what a record means for a caller at this time. */
export class SessionReader<Content extends object> {
  readonly #backend: Backend
  readonly #codec: SessionOpener<Content>

  constructor(backend: Backend, codec: SessionOpener<Content>) {
    this.#backend = backend
    this.#codec = codec
  }

  /**
   * Returns the live session of a token, or the reason why there is none. Throws `STORE_UNAVAILABLE` or
   * `STORE_OVERLOADED`.
   */
  async find(token: string, deadline: Deadline): Promise<Found<Content> | Inactive> {
    const key = this.#codec.keyOf(token)
    if (key === null) return this.#codec.refuse(token)
    const record = await this.readOrThrow(key, deadline)
    const session = this.describe(token, key, record)
    if (session.status === 'inactive' || record?.state !== 'live') return session as Inactive
    return { status: 'found', key, record, session }
  }

  async readOrThrow(
    key: RecordKey,
    deadline: Deadline,
    options: { unsettled?: boolean } = {},
  ): Promise<TokenRecord | null> {
    const answer = await this.#backend.read(key, deadline, options)
    if (!answer.known) throw answer.error
    return answer.value
  }

  async listOrThrow(subject: SubjectKey, deadline: Deadline): Promise<StoredRecord[]> {
    const answer = await this.#backend.list(subject, deadline)
    if (!answer.known) throw answer.error
    return answer.value
  }

  /** Returns the time of the data centre (Unix ms). Throws `STORE_UNAVAILABLE` while it is not known. */
  async now(deadline: Deadline): Promise<number> {
    const { clock } = this.#backend
    if (clock.problem !== null) await this.#backend.compareClocks()
    if (Number.isNaN(clock.nowMs())) await this.#backend.requireClock(deadline)
    return clock.nowMs()
  }

  /** Whether a session is live as far as this process knows. A clock that cannot be trusted never ends a session. */
  isLive(record: TokenRecord): record is LiveRecord {
    return record.state === 'live' && !(this.#backend.clock.nowMs() >= endsAtMs(record))
  }

  /**
   * Derives the answer for a token from its record. Throws `STORE_UNAVAILABLE` instead of answering *expired* by a
   * wrong clock.
   */
  describe(token: string, key: RecordKey, record: TokenRecord | null): ActiveWith<Content> | Inactive {
    const id = publicId(key.digest)
    if (record === null) return { status: 'inactive', reason: 'unknown', id }
    if (record.state === 'revoked') return { status: 'inactive', reason: 'revoked', id }
    if (!(this.#backend.clock.nowMs() < endsAtMs(record))) {
      const { problem } = this.#backend.clock
      if (problem !== null) throw new StoreUnavailableError(problem)
      return { status: 'inactive', reason: 'expired', id }
    }
    const content = this.#codec.open(token, key, record)
    if (content === null) return { status: 'inactive', reason: 'unknown', id }
    const { issuedAtMs, idleUntilMs, expiresAtMs } = record
    return deepFreeze({ status: 'active' as const, id, ...content, issuedAtMs, idleUntilMs, expiresAtMs })
  }
}

/**
 * Whether a record in the index of a subject is a session of that subject. An external session stays in the index of a
 * subject that it had before.
 */
export function belongsTo({ key }: SubjectKey, record: TokenRecord): boolean {
  return record.state === 'revoked' || record.external === undefined || record.external.index === key
}

/** Freezes an answer, because many callers receive the same object. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
