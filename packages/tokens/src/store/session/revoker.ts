import { type CallOptions, Deadline } from '../../deadline.ts'
import { InvalidOptionError, StoreUnavailableError } from '../../errors.ts'
import { type TokenRecord, tombstone } from '../../record/record.ts'
import { publicId, type RecordKey } from '../../token/digest.ts'
import { checkLifetime } from '../api/limits.ts'
import type { StoreObserver } from '../api/observer.ts'
import type { Revocation } from '../api/verification.ts'
import type { MergeRequest } from '../commit/requests.ts'
import type { Backend } from './backend.ts'
import { GuessLimit } from './guess-limit.ts'
import { belongsTo, type SessionOpener, type SessionReader } from './session-reader.ts'

/** The lifetime of a guessed tombstone. A process needs less time to write again what a new primary lacks. */
const GUESS_LASTS_MS = 60_000
const TOO_MANY_GUESSES =
  'Too many unknown tokens were revoked since the store was opened or the primary changed. Try again in half a minute.'

export interface RevokerOptions {
  codec: SessionOpener<object>
  reader: SessionReader<object>
  observer: StoreObserver
  timeoutMs: number
}

/** Ends sessions: by their token, by their public id, or all sessions of a subject. */
export class Revoker {
  readonly #backend: Backend
  readonly #options: RevokerOptions
  readonly #guesses = new GuessLimit()

  constructor(backend: Backend, options: RevokerOptions) {
    this.#backend = backend
    this.#options = options
  }

  /** `refuseForMs` also ends a session that begins within that time, if there is none now. */
  async revoke(token: string, options?: CallOptions & { refuseForMs?: number }): Promise<Revocation> {
    const { codec, reader, observer, timeoutMs } = this.#options
    const key = codec.keyOf(token)
    if (key === null) return { revoked: false }
    const deadline = Deadline.of(options, timeoutMs)
    const record = await reader.readOrThrow(key, deadline, { unsettled: true })
    // A tombstone that is not known to be durable is written again. Until that is acknowledged, processes that have
    // just started cannot answer for this token, so a durable one is not.
    if (record?.state === 'revoked' && (await this.#backend.isDurable(key, deadline))) {
      return { revoked: false, id: publicId(key.digest) }
    }
    const guessLastsMs = Math.max(
      this.#backend.mayReappear() ? GUESS_LASTS_MS : 0,
      options?.refuseForMs === undefined ? 0 : checkLifetime('refuseForMs', options.refuseForMs),
    )
    if (record === null && guessLastsMs > 0) {
      // A new primary may lack the session, and the process that wrote it may be about to write it again, so the
      // tombstone must be there first. It is needed only until then. A client can invent such a token, so the
      // number is limited and the lifetime is short.
      const isAllowed = this.#guesses.take(performance.now())
      observer.guessed?.(isAllowed ? 'written' : 'refused')
      if (!isAllowed) throw new StoreUnavailableError(TOO_MANY_GUESSES)
      const lost: TokenRecord = {
        state: 'revoked',
        expiresAtMs: (await reader.now(deadline)) + guessLastsMs,
      }
      return this.#end(key, lost, deadline)
    }
    // The record belongs to another data centre, so the session is unknown here.
    const isOfHere = record?.state !== 'live' || codec.open(token, key, record) !== null
    return this.#end(key, isOfHere ? record : null, deadline)
  }

  async revokeById(subject: string, id: string, options?: CallOptions): Promise<Revocation> {
    const { codec, reader, timeoutMs } = this.#options
    const deadline = Deadline.of(options, timeoutMs)
    const subjectKey = codec.subjectKey(subject)
    const records = await reader.listOrThrow(subjectKey, deadline)
    const found = records.find(
      ({ key, record }) => publicId(key.digest) === id && belongsTo(subjectKey, record),
    )
    if (found === undefined) return { revoked: false, id }
    // The user chose from a list that was read earlier. If the session was rotated since, its replacement is meant.
    return this.#end(found.key, found.record, deadline, true)
  }

  // INV-TOKENS-24: writes name their records.
  async revokeSubject(
    subject: string,
    options?: CallOptions & { exceptToken?: string },
  ): Promise<{ revokedIds: string[] }> {
    const { codec, reader, timeoutMs } = this.#options
    const except = options?.exceptToken === undefined ? null : codec.keyOf(options.exceptToken)
    if (options?.exceptToken !== undefined && except === null) {
      throw new InvalidOptionError('`exceptToken` is not a well-formed token of this data centre.')
    }
    const deadline = Deadline.of(options, timeoutMs)
    const subjectKey = codec.subjectKey(subject)
    const revokedIds = new Set<string>()
    // Ends the sessions that are listed now, each by name. A command that ends whatever it finds could be sent
    // again or arrive late, and then end sessions that began after it. A new primary may receive more sessions:
    // then they are listed again.
    await this.#backend.onOnePrimary(async () => {
      const found = await reader.listOrThrow(subjectKey, deadline)
      // An external session that has another subject by now is only written again: its change of subject may be on
      // one node alone, and without it the session would still be one of this subject.
      const elsewhere = found.filter(({ record }) => !belongsTo(subjectKey, record))
      const others = found.filter(
        ({ key, record }) => key.digest !== except?.digest && belongsTo(subjectKey, record),
      )
      for (const { key, record } of others) if (reader.isLive(record)) revokedIds.add(publicId(key.digest))
      // Live sessions first. If a call runs out of time, fewer are left for the next one.
      const inOrder = others.toSorted(
        (a, b) => Number(reader.isLive(b.record)) - Number(reader.isLive(a.record)),
      )
      const tombstones = inOrder.map(({ key, record, mayBeReplaced }) =>
        tombstoneOf(key, record, mayBeReplaced),
      )
      const changed = elsewhere.map(({ key, record }) => ({
        key,
        subject: null,
        record,
        changesStored: true as const,
      }))
      await this.#backend.merge([...tombstones, ...changed], deadline)
    }, deadline)
    return { revokedIds: [...revokedIds] }
  }

  /**
   * Writes the tombstone of a record, even if one is already stored: an earlier attempt may have left it on the
   * primary alone, and only an acknowledged tombstone is durable.
   */
  async #end(
    key: RecordKey,
    record: TokenRecord | null,
    deadline: Deadline,
    mayBeReplaced = false,
  ): Promise<Revocation> {
    const id = publicId(key.digest)
    if (record === null) return { revoked: false, id }
    await this.#backend.merge([tombstoneOf(key, record, mayBeReplaced)], deadline)
    return { revoked: this.#options.reader.isLive(record), id }
  }
}

/**
 * Creates the tombstone of a record. A rotation may have replaced a session after it was read as live, or while the
 * list was read. In both cases the tombstone also ends the replacement.
 */
function tombstoneOf(key: RecordKey, record: TokenRecord, mayBeReplaced = false): MergeRequest {
  const request: MergeRequest = { key, subject: null, record: tombstone(record) }
  return record.state === 'live' || mayBeReplaced ? { ...request, endsReplacements: true } : request
}
