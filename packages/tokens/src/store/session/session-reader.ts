import type { Deadline } from '../../deadline.ts'
import { StoreUnavailableError } from '../../errors.ts'
import { endsAtMs, type LiveRecord, type TokenRecord } from '../../record/record.ts'
import { publicId, type RecordKey, type SubjectKey } from '../../token/digest.ts'
import type { Active, Inactive, Session } from '../api/verification.ts'
import type { StoredRecord } from '../read/answers.ts'
import type { Backend } from './backend.ts'
import type { SessionCodec } from './session-codec.ts'

/** A live session that was found and opened with its token. */
interface Found {
  token: string
  key: RecordKey
  subject: SubjectKey
  record: LiveRecord
  session: Session
}

/** Finds sessions, and decides what a record means for a caller at this time. */
export class SessionReader {
  readonly #backend: Backend
  readonly #codec: SessionCodec

  constructor(backend: Backend, codec: SessionCodec) {
    this.#backend = backend
    this.#codec = codec
  }

  /**
   * Returns the live session of a token, or the reason why there is none. Throws `STORE_UNAVAILABLE` or
   * `STORE_OVERLOADED`.
   */
  async find(token: string, deadline: Deadline): Promise<({ status: 'found' } & Found) | Inactive> {
    const key = this.#codec.keyOf(token)
    if (key === null) return this.#codec.refuse(token)
    const record = await this.readOrThrow(key, deadline)
    const described = this.describe(token, key, record)
    if (described.status === 'inactive' || record?.state !== 'live') return described as Inactive
    const { status: _, ...session } = described
    return { status: 'found', token, key, subject: this.#codec.subjectKey(session.subject), record, session }
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
  describe(token: string, key: RecordKey, record: TokenRecord | null): Active | Inactive {
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
    return deepFreeze({ status: 'active', id, ...content, issuedAtMs, idleUntilMs, expiresAtMs })
  }
}

/** Freezes an answer, because many callers receive the same object. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
