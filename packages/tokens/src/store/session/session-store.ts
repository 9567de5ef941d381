import { type CallOptions, Deadline } from '../../deadline.ts'
import { StoreFullError, StoreUnavailableError, UpdateConflictError } from '../../errors.ts'
import type { Claims } from '../../record/claims.ts'
import { sameContent } from '../../record/merge.ts'
import type { TokenContent } from '../../record/payload.ts'
import { type LiveRecord, tombstone } from '../../record/record.ts'
import { publicId, type RecordKey } from '../../token/digest.ts'
import {
  checkClaims,
  checkDataCentre,
  checkLifetime,
  checkText,
  MAX_DEVICE_LENGTH,
  MAX_SUBJECT_LENGTH,
} from '../api/limits.ts'
import type { RenewedSecrets, SessionOptions } from '../api/options.ts'
import type { StoreStatus } from '../api/status.ts'
import type { Active, Inactive, Revocation, Verification } from '../api/verification.ts'
import type { Attempts } from '../attempts/attempts.ts'
import { AttemptCounter } from '../attempts/counter.ts'
import type { MergeRequest, Rotated } from '../commit/requests.ts'
import type { Backend } from './backend.ts'
import type { ExternalSessions } from './external-sessions.ts'
import { KeyedQueue } from './keyed-queue.ts'
import { Namespaces } from './namespaces.ts'
import type { Registers } from './registers.ts'
import { Renewal } from './renewal.ts'
import { Revoker } from './revoker.ts'
import { SessionCodec } from './session-codec.ts'
import { belongsTo, SessionReader } from './session-reader.ts'
import type { IssuedToken, IssueRequest, Rotation, SessionSummary, TokenStore } from './token-store.ts'
import { Verifier } from './verifier.ts'

export interface SessionStoreLimits {
  verifyTimeoutMs: number
  writeTimeoutMs: number
  /** Maximum number of cached answers. */
  maxRemembered: number
  /** Maximum number of updates and rotations that wait for earlier ones of their session. */
  maxWaitingChanges: number
}

const DEFAULT_IDLE_MS = 30 * 60 * 1000
const DEFAULT_ABSOLUTE_MS = 12 * 60 * 60 * 1000

/**
 * Tokens and sessions over any backend: one implementation of every rule that users rely on. It starts, extends,
 * changes and replaces sessions; the verifier and the revoker do the rest.
 */
export class SessionStore implements TokenStore {
  readonly #backend: Backend
  readonly #renewal: Renewal
  readonly #idleMs: number
  readonly #absoluteMs: number
  readonly #timeoutMs: number
  readonly #codec: SessionCodec
  readonly #reader: SessionReader<TokenContent>
  readonly #verifier: Verifier<TokenContent>
  readonly #revoker: Revoker
  /** Changes that read a session and then write it. Without the queue, those of one process refuse each other. */
  readonly #changes: KeyedQueue
  readonly #namespaces: Namespaces
  readonly attempts: Attempts

  /** Throws `INVALID_OPTION`. */
  constructor(backend: () => Backend, options: SessionOptions, limits: SessionStoreLimits) {
    const dataCentre = checkDataCentre(options.dataCentre)
    this.#renewal = new Renewal(options.keyring)
    this.#codec = new SessionCodec(dataCentre, this.#renewal)
    this.#idleMs = checkLifetime('idleMs', options.idleMs ?? DEFAULT_IDLE_MS)
    this.#absoluteMs = checkLifetime('absoluteMs', options.absoluteMs ?? DEFAULT_ABSOLUTE_MS)
    this.#timeoutMs = limits.writeTimeoutMs
    this.#changes = new KeyedQueue(limits.maxWaitingChanges)
    // After all checks, so that an invalid option does not leave a connection open.
    this.#backend = backend()
    this.#reader = new SessionReader(this.#backend, this.#codec)
    const shared = { codec: this.#codec, reader: this.#reader, observer: options.observer ?? {} }
    this.#verifier = new Verifier(this.#backend, {
      ...shared,
      timeoutMs: limits.verifyTimeoutMs,
      maxRemembered: limits.maxRemembered,
    })
    this.#revoker = new Revoker(this.#backend, { ...shared, timeoutMs: this.#timeoutMs })
    this.attempts = new AttemptCounter(this.#backend, this.#renewal.keyring.indexKey, this.#timeoutMs)
    this.#namespaces = new Namespaces(this.#backend, {
      dataCentre,
      renewal: this.#renewal,
      changes: this.#changes,
      observer: options.observer ?? {},
      idleMs: this.#idleMs,
      absoluteMs: this.#absoluteMs,
      ...limits,
    })
  }

  async issue(request: IssueRequest, options?: CallOptions): Promise<IssuedToken> {
    const subject = checkText('subject', request.subject, 1, MAX_SUBJECT_LENGTH)
    const device = checkText('device', request.device ?? '', 0, MAX_DEVICE_LENGTH)
    const claims = request.claims ?? {}
    checkClaims(claims)
    const deadline = Deadline.of(options, this.#timeoutMs)
    await this.#backend.requireClock(deadline)
    const issuedAtMs = Date.now()
    const expiresAtMs = issuedAtMs + checkLifetime('absoluteMs', request.absoluteMs ?? this.#absoluteMs)
    const idleMs = checkLifetime('idleMs', request.idleMs ?? this.#idleMs)
    const lifetime = { issuedAtMs, expiresAtMs, idleUntilMs: Math.min(issuedAtMs + idleMs, expiresAtMs) }
    const fresh = this.#codec.newSession({ subject, device, claims }, lifetime)
    await this.#backend.merge([fresh], deadline)
    return fresh.issued
  }

  verify(token: string, options?: CallOptions): Promise<Verification> {
    return this.#verifier.verify(token, options)
  }

  verifyNow(token: string): Active | null {
    return this.#verifier.verifyNow(token)
  }

  async touch(token: string, options?: CallOptions & { idleMs?: number }): Promise<Active | Inactive> {
    const idleMs = checkLifetime('idleMs', options?.idleMs ?? this.#idleMs)
    const deadline = Deadline.of(options, this.#timeoutMs)
    const found = await this.#reader.find(token, deadline)
    if (found.status !== 'found') return found
    const { key, record, session } = found
    const subject = this.#codec.subjectKey(session.subject)
    // Never shorter, even if the clock of this server is wrong.
    const idleUntilMs = Math.max(
      record.idleUntilMs,
      Math.min((await this.#reader.now(deadline)) + idleMs, record.expiresAtMs),
    )
    const [stored] = await this.#backend.merge(
      [{ key, subject, record: { ...record, idleUntilMs }, changesStored: true }],
      deadline,
    )
    return this.#reader.describe(token, key, stored ?? null)
  }

  async update(
    token: string,
    change: (claims: Claims) => Claims,
    options?: CallOptions,
  ): Promise<Active | Inactive> {
    const deadline = Deadline.of(options, this.#timeoutMs)
    return this.#inTurn(
      token,
      deadline,
      () => this.#tryToUpdate(token, change, deadline),
      () =>
        new UpdateConflictError(
          'Other processes updated the session during each attempt of this update, until its deadline. The update was not applied. Try again later.',
        ),
    )
  }

  async rotate(token: string, options?: CallOptions): Promise<Rotation> {
    const deadline = Deadline.of(options, this.#timeoutMs)
    return this.#inTurn(
      token,
      deadline,
      () => this.#tryToRotate(token, deadline),
      () =>
        new StoreUnavailableError(
          'Other processes updated the session during each attempt to rotate it, until the deadline. The old token is still valid.',
        ),
    )
  }

  revoke(token: string, options?: CallOptions): Promise<Revocation> {
    return this.#revoker.revoke(token, options)
  }

  revokeById(subject: string, id: string, options?: CallOptions): Promise<Revocation> {
    return this.#revoker.revokeById(subject, id, options)
  }

  revokeSubject(
    subject: string,
    options?: CallOptions & { exceptToken?: string },
  ): Promise<{ revokedIds: string[] }> {
    return this.#revoker.revokeSubject(subject, options)
  }

  async list(subject: string, options?: CallOptions): Promise<SessionSummary[]> {
    const subjectKey = this.#codec.subjectKey(subject)
    const records = await this.#reader.listOrThrow(subjectKey, Deadline.of(options, this.#timeoutMs))
    return records
      .flatMap(({ key, record }) => {
        if (!this.#reader.isLive(record) || !belongsTo(subjectKey, record)) return []
        const { issuedAtMs, idleUntilMs, expiresAtMs } = record
        const device = this.#codec.deviceOf(key, record)
        return [{ id: publicId(key.digest), subject, device, issuedAtMs, idleUntilMs, expiresAtMs }]
      })
      .sort((a, b) => a.issuedAtMs - b.issuedAtMs)
  }

  external(namespace: string): ExternalSessions {
    return this.#namespaces.external(namespace)
  }

  registers(namespace: string): Registers {
    return this.#namespaces.registers(namespace)
  }

  nowMs(): number {
    return this.#backend.clock.nowMs()
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

  /**
   * Changes a session after all earlier changes of it in this process. `attempt` returns null if another process changed
   * the session first; it is then tried again after a pause, until the deadline.
   */
  async #inTurn<T>(
    token: string,
    deadline: Deadline,
    attempt: () => Promise<T | null>,
    overtaken: () => Error,
  ): Promise<T | Inactive> {
    const key = this.#codec.keyOf(token)
    if (key === null) return this.#codec.refuse(token)
    return this.#changes.runUntilDone(key.key, deadline, attempt, overtaken)
  }

  async #tryToUpdate(
    token: string,
    change: (claims: Claims) => Claims,
    deadline: Deadline,
  ): Promise<Active | Inactive | null> {
    const found = await this.#reader.find(token, deadline)
    if (found.status !== 'found') return found
    const { key, record, session } = found
    const subject = this.#codec.subjectKey(session.subject)
    const claims = change(structuredClone(session.claims))
    checkClaims(claims)
    const changed = this.#codec.withClaims(token, key, record, { subject: session.subject, claims })
    const request: MergeRequest = {
      key,
      subject,
      record: changed,
      ifVersion: record.version,
      changesStored: true,
    }
    const [stored] = await this.#backend.merge([request], deadline)
    if (stored?.state === 'live' && !sameContent(stored, changed)) return null
    return this.#reader.describe(token, key, stored ?? null)
  }

  async #tryToRotate(token: string, deadline: Deadline): Promise<Rotation | null> {
    const found = await this.#reader.find(token, deadline)
    if (found.status !== 'found') return found
    const { key, record, session } = found
    const device = this.#codec.deviceOf(key, record)
    const content = { subject: session.subject, device, claims: session.claims }
    const fresh = this.#codec.newSession(content, record)
    const old: MergeRequest = { key, subject: null, record: tombstone(record) }
    let rotated: Rotated
    try {
      rotated = await this.#backend.rotate({ fresh, old, ifVersion: record.version }, deadline)
    } catch (error) {
      // The rotation may have been written, and then no client has the token of the new session.
      if (!(error instanceof StoreFullError)) this.#abandon(fresh)
      throw error
    }
    if (rotated.fresh === null && rotated.old?.state === 'live') {
      // An attempt on a primary that was replaced may have stored it.
      this.#abandon(fresh)
      return null
    }
    if (rotated.old?.state !== 'revoked') {
      throw new StoreUnavailableError('The new session was ended before it could replace the old one.')
    }
    if (rotated.fresh?.state !== 'live') return this.#reader.describe(token, key, rotated.old) as Inactive
    return { status: 'active', ...fresh.issued }
  }

  /**
   * Ends a session in the background, because no client received its token. If that fails, the session ends by its
   * idle limit.
   */
  #abandon({ key, record }: { key: RecordKey; record: LiveRecord }): void {
    const deadline = new Deadline(this.#timeoutMs)
    this.#backend.merge([{ key, subject: null, record: tombstone(record) }], deadline).catch(() => {})
  }
}
