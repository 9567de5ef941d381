import type { CallOptions } from '../../deadline.ts'
import { Deadline } from '../../deadline.ts'
import {
  InvalidOptionError,
  StoreFullError,
  type StoreOverloadedError,
  StoreUnavailableError,
  UpdateConflictError,
} from '../../errors.ts'
import type { Claims } from '../../record/claims.ts'
import { sameContent } from '../../record/merge.ts'
import {
  openListContent,
  openTokenContent,
  type PayloadContext,
  sealPayload,
  type TokenContent,
} from '../../record/payload.ts'
import { endsAtMs, type LiveRecord, type TokenRecord, tombstone } from '../../record/record.ts'
import {
  digestToken,
  publicId,
  type RecordKey,
  recordKey,
  type SubjectKey,
  subjectKey,
} from '../../token/digest.ts'
import { dataCentreTag, generateToken, parseToken } from '../../token/format.ts'
import type { OpenKeyring } from '../../token/keyring.ts'
import {
  checkClaims,
  checkDataCentre,
  checkLifetime,
  checkText,
  MAX_DEVICE_LENGTH,
  MAX_SUBJECT_LENGTH,
} from '../api/limits.ts'
import type { StoreObserver, VerificationPath } from '../api/observer.ts'
import type { RenewedSecrets, SessionOptions } from '../api/options.ts'
import type { StoreStatus } from '../api/status.ts'
import type { Active, Inactive, Session, Unavailable, Verification } from '../api/verification.ts'
import type { Attempts } from '../attempts/attempts.ts'
import { AttemptCounter } from '../attempts/counter.ts'
import { AnswerCache, type CachedAnswer } from '../cache/answer-cache.ts'
import { type Instant, readInstant } from '../clocks/instant.ts'
import type { MergeRequest, Rotated } from '../commit/requests.ts'
import type { Backend } from './backend.ts'
import { GuessLimit } from './guess-limit.ts'
import { Renewal } from './renewal.ts'
import type {
  IssuedToken,
  IssueRequest,
  Revocation,
  Rotation,
  SessionSummary,
  TokenStore,
} from './token-store.ts'

export interface SessionStoreLimits {
  verifyTimeoutMs: number
  writeTimeoutMs: number
  /** Maximum number of cached answers. */
  maxRemembered: number
}

const DEFAULT_IDLE_MS = 30 * 60 * 1000
const DEFAULT_ABSOLUTE_MS = 12 * 60 * 60 * 1000
/** An update gives up after it has lost this many races in a row. */
const UPDATE_TRIES = 8

/** The lifetime of a guessed tombstone. A process needs less time to write again what a new primary lacks. */
const GUESS_LASTS_MS = 60_000
const TOO_MANY_GUESSES =
  'Too many unknown tokens were revoked since the store was opened or the primary changed. Try again in half a minute.'

const MALFORMED: Inactive = Object.freeze({ status: 'inactive', reason: 'malformed' })

/** A live session that was found and opened with its token. */
interface Found {
  token: string
  key: RecordKey
  subject: SubjectKey
  record: LiveRecord
  session: Session
}

/** Tokens and sessions over any backend: one implementation of every rule that users rely on. */
export class SessionStore implements TokenStore {
  readonly #backend: Backend
  readonly #dataCentre: string
  readonly #dataCentreTag: string
  readonly #renewal: Renewal
  readonly #idleMs: number
  readonly #absoluteMs: number
  readonly #limits: SessionStoreLimits
  readonly #observer: StoreObserver
  readonly #guesses = new GuessLimit()
  readonly #remembered: AnswerCache
  readonly attempts: Attempts

  /** Throws `INVALID_OPTION`. */
  constructor(backend: () => Backend, options: SessionOptions, limits: SessionStoreLimits) {
    this.#dataCentre = checkDataCentre(options.dataCentre)
    this.#dataCentreTag = dataCentreTag(this.#dataCentre)
    this.#renewal = new Renewal(options.keyring)
    this.#idleMs = checkLifetime('idleMs', options.idleMs ?? DEFAULT_IDLE_MS)
    this.#absoluteMs = checkLifetime('absoluteMs', options.absoluteMs ?? DEFAULT_ABSOLUTE_MS)
    this.#limits = limits
    this.#observer = options.observer ?? {}
    this.#remembered = new AnswerCache(limits.maxRemembered)
    // Last, so that an invalid option does not leave a connection open.
    this.#backend = backend()
    this.attempts = new AttemptCounter(this.#backend, this.#keyring.indexKey, limits.writeTimeoutMs)
  }

  async issue(request: IssueRequest, options?: CallOptions): Promise<IssuedToken> {
    const subject = checkText('subject', request.subject, 1, MAX_SUBJECT_LENGTH)
    const device = checkText('device', request.device ?? '', 0, MAX_DEVICE_LENGTH)
    const claims = request.claims ?? {}
    checkClaims(claims)
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    await this.#backend.requireClock(deadline)
    const issuedAtMs = Date.now()
    const expiresAtMs = issuedAtMs + checkLifetime('absoluteMs', request.absoluteMs ?? this.#absoluteMs)
    const idleMs = checkLifetime('idleMs', request.idleMs ?? this.#idleMs)
    const lifetime = { issuedAtMs, expiresAtMs, idleUntilMs: Math.min(issuedAtMs + idleMs, expiresAtMs) }
    const fresh = this.#newSession({ subject, device, claims }, lifetime)
    await this.#backend.merge([fresh], deadline)
    return fresh.issued
  }

  verify(token: string, options?: CallOptions): Promise<Verification> {
    const now = readInstant()
    return this.#recall(token, now)?.promise ?? this.#verify(token, options, now.monotonicMs)
  }

  verifyNow(token: string): Active | null {
    return this.#recall(token, readInstant())?.answer ?? null
  }

  async touch(token: string, options?: CallOptions & { idleMs?: number }): Promise<Active | Inactive> {
    const idleMs = checkLifetime('idleMs', options?.idleMs ?? this.#idleMs)
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    const found = await this.#find(token, deadline)
    if (found.status !== 'found') return found
    const { key, subject, record } = found
    // Never shorter, even if the clock of this server is wrong.
    const idleUntilMs = Math.max(
      record.idleUntilMs,
      Math.min((await this.#now(deadline)) + idleMs, record.expiresAtMs),
    )
    const [stored] = await this.#backend.merge(
      [{ key, subject, record: { ...record, idleUntilMs }, changesStored: true }],
      deadline,
    )
    return this.#describe(token, key, stored ?? null)
  }

  async update(
    token: string,
    change: (claims: Claims) => Claims,
    options?: CallOptions,
  ): Promise<Active | Inactive> {
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    for (let tries = 0; tries < UPDATE_TRIES; tries++) {
      const found = await this.#find(token, deadline)
      if (found.status !== 'found') return found
      const { key, subject, record, session } = found
      const claims = change(structuredClone(session.claims))
      checkClaims(claims)
      const context = this.#context(key, record)
      const device = openListContent(context, this.#keyring, record.payload)?.device ?? ''
      const content = { subject: session.subject, device, claims }
      const changed: LiveRecord = {
        ...record,
        version: record.version + 1,
        payload: sealPayload(context, token, this.#keyring, content),
      }
      const request: MergeRequest = {
        key,
        subject,
        record: changed,
        ifVersion: record.version,
        changesStored: true,
      }
      const [stored] = await this.#backend.merge([request], deadline)
      if (stored?.state !== 'live' || sameContent(stored, changed))
        return this.#describe(token, key, stored ?? null)
    }
    throw new UpdateConflictError(
      `The session was updated by others ${UPDATE_TRIES} times while this update was tried. Try again later.`,
    )
  }

  async rotate(token: string, options?: CallOptions): Promise<Rotation> {
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    const found = await this.#find(token, deadline)
    if (found.status !== 'found') return found
    const { key, record, session } = found
    const device = openListContent(this.#context(key, record), this.#keyring, record.payload)?.device ?? ''
    const fresh = this.#newSession({ subject: session.subject, device, claims: session.claims }, record)
    const old: MergeRequest = { key, subject: null, record: tombstone(record) }
    let rotated: Rotated
    try {
      rotated = await this.#backend.rotate({ fresh, old }, deadline)
    } catch (error) {
      // The rotation may have been written, and then no client has the token of the new session.
      if (!(error instanceof StoreFullError)) this.#abandon(fresh)
      throw error
    }
    if (rotated.old?.state !== 'revoked') {
      throw new StoreUnavailableError('The new session was ended before it could replace the old one.')
    }
    if (rotated.fresh?.state !== 'live') return this.#describe(token, key, rotated.old) as Inactive
    return { status: 'active', ...fresh.issued }
  }

  async revoke(token: string, options?: CallOptions): Promise<Revocation> {
    const key = this.#keyOf(token)
    if (key === null) return { revoked: false }
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    // The tombstone is written again in any case, so the stored one does not have to be durable.
    const record = await this.#readOrThrow(key, deadline, { unsettled: true })
    if (record === null && this.#backend.mayReappear()) {
      // A new primary may lack the session, and the process that wrote it may be about to write it again, so the
      // tombstone must be there first. It is needed only until then. A client can invent such a token, so the
      // number is limited and the lifetime is short.
      const isAllowed = this.#guesses.take(performance.now())
      this.#observer.guessed?.(isAllowed ? 'written' : 'refused')
      if (!isAllowed) throw new StoreUnavailableError(TOO_MANY_GUESSES)
      const lost: TokenRecord = {
        state: 'revoked',
        expiresAtMs: (await this.#now(deadline)) + GUESS_LASTS_MS,
      }
      return this.#end(key, lost, deadline)
    }
    // The record belongs to another data centre, so the session is unknown here.
    const isOfHere = record?.state !== 'live' || this.#open(token, key, record) !== null
    return this.#end(key, isOfHere ? record : null, deadline)
  }

  async revokeById(subject: string, id: string, options?: CallOptions): Promise<Revocation> {
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    const subjectKey = this.#subjectKey(subject)
    const records = await this.#listOrThrow(subjectKey, deadline)
    const found = records.find(({ digest }) => publicId(digest) === id)
    if (found === undefined) return { revoked: false, id }
    // The user chose from a list that was read earlier. If the session was rotated since, its replacement is meant.
    return this.#end(recordKey(subjectKey.tag, found.digest), found.record, deadline, true)
  }

  // INV-TOKENS-24: writes name their records.
  async revokeSubject(
    subject: string,
    options?: CallOptions & { exceptToken?: string },
  ): Promise<{ revokedIds: string[] }> {
    const except = options?.exceptToken === undefined ? null : this.#keyOf(options.exceptToken)
    if (options?.exceptToken !== undefined && except === null) {
      throw new InvalidOptionError('`exceptToken` is not a well-formed token of this data centre.')
    }
    const deadline = Deadline.of(options, this.#limits.writeTimeoutMs)
    const subjectKey = this.#subjectKey(subject)
    const revokedIds = new Set<string>()
    // Ends the sessions that are listed now, each by name. A command that ends whatever it finds could be sent
    // again or arrive late, and then end sessions that began after it. A new primary may receive more sessions:
    // then they are listed again.
    await this.#backend.onOnePrimary(async () => {
      const found = await this.#listOrThrow(subjectKey, deadline)
      const others = found.filter(({ digest }) => digest !== except?.digest)
      for (const { digest, record } of others) if (this.#isLive(record)) revokedIds.add(publicId(digest))
      // Live sessions first. If a call runs out of time, fewer are left for the next one.
      const inOrder = others.toSorted(
        (a, b) => Number(this.#isLive(b.record)) - Number(this.#isLive(a.record)),
      )
      const tombstones = inOrder.map(({ digest, record, mayBeReplaced }) =>
        this.#tombstoneOf(recordKey(subjectKey.tag, digest), record, mayBeReplaced),
      )
      await this.#backend.merge(tombstones, deadline)
    }, deadline)
    return { revokedIds: [...revokedIds] }
  }

  async list(subject: string, options?: CallOptions): Promise<SessionSummary[]> {
    const subjectKey = this.#subjectKey(subject)
    const records = await this.#listOrThrow(subjectKey, Deadline.of(options, this.#limits.writeTimeoutMs))
    return records
      .flatMap(({ digest, record }) => {
        if (!this.#isLive(record)) return []
        const context = this.#context({ digest }, record)
        const { issuedAtMs, idleUntilMs, expiresAtMs } = record
        const device = openListContent(context, this.#keyring, record.payload)?.device ?? ''
        return [{ id: publicId(digest), subject, device, issuedAtMs, idleUntilMs, expiresAtMs }]
      })
      .sort((a, b) => a.issuedAtMs - b.issuedAtMs)
  }

  nowMs(): number {
    return this.#backend.clock.nowMs()
  }

  status(): StoreStatus {
    return this.#backend.status()
  }

  ready(options?: CallOptions): Promise<void> {
    return this.#backend.ready(Deadline.of(options, this.#limits.writeTimeoutMs))
  }

  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void> {
    return this.#renewal.renew(this.#backend, secrets, options, this.#limits.writeTimeoutMs)
  }

  close(): Promise<void> {
    return this.#backend.close()
  }

  /** The current ring. It may have changed after each `await`. */
  get #keyring(): OpenKeyring {
    return this.#renewal.keyring
  }

  /** Returns the key of a token's record, or null if the token cannot have a record here. */
  #keyOf(token: string): RecordKey | null {
    const parsed = parseToken(token)
    if (parsed?.dataCentre !== this.#dataCentreTag) return null
    return recordKey(parsed.tag, digestToken(token))
  }

  /** Returns the reason why a token cannot have a record here. */
  #refuse(token: string): Inactive {
    if (parseToken(token) === null) return MALFORMED
    return { status: 'inactive', reason: 'foreign', id: publicId(digestToken(token)) }
  }

  #subjectKey(subject: string): SubjectKey {
    return subjectKey(this.#keyring.indexKey, checkText('subject', subject, 1, MAX_SUBJECT_LENGTH))
  }

  #context(
    { digest }: { digest: string },
    { issuedAtMs, expiresAtMs }: { issuedAtMs: number; expiresAtMs: number },
  ): PayloadContext {
    return { dataCentre: this.#dataCentre, digest, issuedAtMs, expiresAtMs }
  }

  #newSession(
    content: { subject: string; device: string; claims: Claims },
    lifetime: { issuedAtMs: number; idleUntilMs: number; expiresAtMs: number },
  ) {
    const { issuedAtMs, idleUntilMs, expiresAtMs } = lifetime
    const subject = this.#subjectKey(content.subject)
    const token = generateToken(this.#dataCentreTag, subject.tag)
    const key = recordKey(subject.tag, digestToken(token))
    const payload = sealPayload(this.#context(key, lifetime), token, this.#keyring, content)
    const record: LiveRecord = { state: 'live', version: 1, issuedAtMs, idleUntilMs, expiresAtMs, payload }
    const session = { subject: content.subject, claims: content.claims, issuedAtMs, idleUntilMs, expiresAtMs }
    return { key, subject, record, issued: { token, id: publicId(key.digest), ...session } }
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
    await this.#backend.merge([this.#tombstoneOf(key, record, mayBeReplaced)], deadline)
    return { revoked: this.#isLive(record), id }
  }

  /**
   * Creates the tombstone of a record. A rotation may have replaced a session after it was read as live, or while the
   * list was read. In both cases the tombstone also ends the replacement.
   */
  #tombstoneOf(key: RecordKey, record: TokenRecord, mayBeReplaced = false): MergeRequest {
    const request: MergeRequest = { key, subject: null, record: tombstone(record) }
    return record.state === 'live' || mayBeReplaced ? { ...request, endsReplacements: true } : request
  }

  /**
   * Ends a session in the background, because no client received its token. If that fails, the session ends by its
   * idle limit.
   */
  #abandon({ key, record }: { key: RecordKey; record: LiveRecord }): void {
    const deadline = new Deadline(this.#limits.writeTimeoutMs)
    this.#backend.merge([{ key, subject: null, record: tombstone(record) }], deadline).catch(() => {})
  }

  async #readOrThrow(
    key: RecordKey,
    deadline: Deadline,
    options: { unsettled?: boolean } = {},
  ): Promise<TokenRecord | null> {
    const answer = await this.#backend.read(key, deadline, options)
    if (!answer.known) throw answer.error
    return answer.value
  }

  async #listOrThrow(subject: SubjectKey, deadline: Deadline) {
    const answer = await this.#backend.list(subject, deadline)
    if (!answer.known) throw answer.error
    return answer.value
  }

  /**
   * Returns the live session of a token, or the reason why there is none. Throws `STORE_UNAVAILABLE` or
   * `STORE_OVERLOADED`.
   */
  async #find(token: string, deadline: Deadline): Promise<({ status: 'found' } & Found) | Inactive> {
    const key = this.#keyOf(token)
    if (key === null) return this.#refuse(token)
    const record = await this.#readOrThrow(key, deadline)
    const described = this.#describe(token, key, record)
    if (described.status === 'inactive' || record?.state !== 'live') return described as Inactive
    const { status: _, ...session } = described
    return { status: 'found', token, key, subject: this.#subjectKey(session.subject), record, session }
  }

  /** Returns the time of the data centre (Unix ms). Throws `STORE_UNAVAILABLE` while it is not known. */
  async #now(deadline: Deadline): Promise<number> {
    const { clock } = this.#backend
    if (clock.problem !== null) await this.#backend.compareClocks()
    if (Number.isNaN(clock.nowMs())) await this.#backend.requireClock(deadline)
    return clock.nowMs()
  }

  /** Whether a session is live as far as this process knows. A clock that cannot be trusted never ends a session. */
  #isLive(record: TokenRecord): record is LiveRecord {
    return record.state === 'live' && !(this.#backend.clock.nowMs() >= endsAtMs(record))
  }

  #recall(token: string, now: Instant): CachedAnswer | null {
    const nowMs = this.#backend.clock.checkedNowMs(now)
    if (Number.isNaN(nowMs)) return null
    const remembered = this.#remembered.get(token, now, nowMs)
    if (remembered !== null) {
      this.#observer.verified?.('active', 'cache', performance.now() - now.monotonicMs)
    }
    return remembered
  }

  async #verify(token: string, options: CallOptions | undefined, startedMs: number): Promise<Verification> {
    const deadline = Deadline.of(options, this.#limits.verifyTimeoutMs)
    const key = this.#keyOf(token)
    if (key === null) return this.#tell(this.#refuse(token), 'token', startedMs)
    if (this.#backend.clock.problem !== null) await this.#backend.compareClocks()
    const known = this.#backend.recall(key, readInstant())
    // A live record in the cache never leads to *expired*: another server may have touched the session just now.
    if (known !== null && (known.record.state === 'revoked' || this.#isLive(known.record))) {
      const answer = this.#judge(token, key, known.record)
      if (answer.status === 'active') this.#remembered.add(token, known, answer)
      return this.#tell(answer, 'cache', startedMs)
    }
    const answer = await this.#backend.read(key, deadline)
    if (answer.known) return this.#tell(this.#judge(token, key, answer.value), answer.path, startedMs)
    return this.#tell(unavailable(key, answer.error), 'quorum', startedMs)
  }

  #tell<V extends Verification>(answer: V, path: VerificationPath, startedMs: number): V {
    this.#observer.verified?.(answer.status, path, performance.now() - startedMs)
    return answer
  }

  #open(token: string, key: RecordKey, record: LiveRecord): TokenContent | null {
    return openTokenContent(this.#context(key, record), token, record.payload)
  }

  /** As {@link #describe}, but answers *unavailable* if the answer depends on a clock that cannot be trusted. */
  #judge(token: string, key: RecordKey, record: TokenRecord | null): Verification {
    try {
      return this.#describe(token, key, record)
    } catch (error) {
      if (error instanceof StoreUnavailableError) return unavailable(key, error)
      throw error
    }
  }

  /**
   * Derives the answer for a token from its record. Throws `STORE_UNAVAILABLE` instead of answering *expired* by a
   * wrong clock.
   */
  #describe(token: string, key: RecordKey, record: TokenRecord | null): Active | Inactive {
    const id = publicId(key.digest)
    if (record === null) return { status: 'inactive', reason: 'unknown', id }
    if (record.state === 'revoked') return { status: 'inactive', reason: 'revoked', id }
    if (!(this.#backend.clock.nowMs() < endsAtMs(record))) {
      const { problem } = this.#backend.clock
      if (problem !== null) throw new StoreUnavailableError(problem)
      return { status: 'inactive', reason: 'expired', id }
    }
    const content = this.#open(token, key, record)
    if (content === null) return { status: 'inactive', reason: 'unknown', id }
    const { issuedAtMs, idleUntilMs, expiresAtMs } = record
    return deepFreeze({ status: 'active', id, ...content, issuedAtMs, idleUntilMs, expiresAtMs })
  }
}

function unavailable(
  { digest }: RecordKey,
  { code, message }: StoreUnavailableError | StoreOverloadedError,
): Unavailable {
  return { status: 'unavailable', code, cause: message, id: publicId(digest) }
}

/** Freezes an answer, because many callers receive the same object. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
