import { type CallOptions, Deadline } from '../../deadline.ts'
import { UpdateConflictError } from '../../errors.ts'
import { type LiveRecord, type TokenRecord, versionOf } from '../../record/record.ts'
import { publicId, type RecordKey } from '../../token/digest.ts'
import {
  checkClaims,
  checkLifetime,
  checkNumber,
  checkText,
  MAX_DEVICE_LENGTH,
  MAX_SUBJECT_LENGTH,
} from '../api/limits.ts'
import type { StoreObserver } from '../api/observer.ts'
import type { Inactive, Revocation } from '../api/verification.ts'
import { readInstant } from '../clocks/instant.ts'
import type { Backend } from './backend.ts'
import { ExternalCodec, type ExternalContent } from './external-codec.ts'
import type {
  Conflict,
  ExternalActive,
  ExternalPut,
  ExternalSessions,
  ExternalVerification,
} from './external-sessions.ts'
import type { KeyedQueue } from './keyed-queue.ts'
import type { Renewal } from './renewal.ts'
import { Revoker } from './revoker.ts'
import { SessionReader } from './session-reader.ts'
import { Verifier } from './verifier.ts'

export interface ExternalStoreOptions {
  dataCentre: string
  namespace: string
  renewal: Renewal
  changes: KeyedQueue
  observer: StoreObserver
  idleMs: number
  absoluteMs: number
  verifyTimeoutMs: number
  writeTimeoutMs: number
  maxRemembered: number
  /** Returns a text that no other change has: at most 16 letters and digits. */
  newWriter: () => string
}

/** Far below the largest number that a record can hold. */
const MAX_VERSION = 10 ** 15

/** A put whose arguments were checked. */
interface CheckedPut extends ExternalPut {
  idle: number
  absolute: number
}

/** External sessions of one namespace, over any backend. */
export class ExternalStore implements ExternalSessions {
  readonly namespace: string
  readonly #backend: Backend
  readonly #options: ExternalStoreOptions
  readonly #codec: ExternalCodec
  readonly #reader: SessionReader<ExternalContent>
  readonly #verifier: Verifier<ExternalContent>
  readonly #revoker: Revoker

  constructor(backend: Backend, options: ExternalStoreOptions) {
    this.namespace = options.namespace
    this.#backend = backend
    this.#options = options
    this.#codec = new ExternalCodec(options)
    this.#reader = new SessionReader(backend, this.#codec)
    const shared = { codec: this.#codec, reader: this.#reader, observer: options.observer }
    const { verifyTimeoutMs, writeTimeoutMs, maxRemembered } = options
    this.#verifier = new Verifier(backend, { ...shared, timeoutMs: verifyTimeoutMs, maxRemembered })
    this.#revoker = new Revoker(backend, { ...shared, timeoutMs: writeTimeoutMs })
  }

  get(id: string, options?: CallOptions): Promise<ExternalVerification> {
    return this.#verifier.verify(id, options)
  }

  getCached(id: string): ExternalActive | null {
    return this.#verifier.verifyNow(id)
  }

  put(
    id: string,
    request: ExternalPut & { onConflict: 'fail' },
    options?: CallOptions,
  ): Promise<ExternalActive | Inactive | Conflict>
  put(
    id: string,
    request: ExternalPut & { onConflict?: 'merge' },
    options?: CallOptions,
  ): Promise<ExternalActive | Inactive>
  async put(
    id: string,
    request: ExternalPut,
    options?: CallOptions,
  ): Promise<ExternalActive | Inactive | Conflict> {
    const key = this.#codec.keyOf(id)
    const put = this.#check(request)
    const deadline = Deadline.of(options, this.#options.writeTimeoutMs)
    let isFirst = true
    return this.#options.changes.runUntilDone(
      key.key,
      deadline,
      async () => {
        const record =
          (isFirst ? this.#recall(key, put) : null) ?? (await this.#reader.readOrThrow(key, deadline))
        isFirst = false
        return this.#tryToPut(id, key, record, put, deadline)
      },
      () =>
        new UpdateConflictError(
          'Other processes changed the session during each attempt of this put, until its deadline. It was not applied. Try again later.',
        ),
    )
  }

  async touch(id: string, options?: CallOptions & { idleMs?: number }): Promise<ExternalActive | Inactive> {
    const idleMs = checkLifetime('idleMs', options?.idleMs ?? this.#options.idleMs)
    const deadline = Deadline.of(options, this.#options.writeTimeoutMs)
    const found = await this.#reader.find(id, deadline)
    if (found.status !== 'found') return found
    const { key, record } = found
    const untilMs = Math.min((await this.#reader.now(deadline)) + idleMs, record.expiresAtMs)
    const idleUntilMs = Math.max(record.idleUntilMs, untilMs)
    return this.#write(id, key, { ...record, idleUntilMs }, deadline)
  }

  end(id: string, options?: CallOptions & { refuseForMs?: number }): Promise<Revocation> {
    return this.#revoker.revoke(id, options)
  }

  #check(request: ExternalPut): CheckedPut {
    const { claims, subject, device, idleMs, absoluteMs, base, onConflict = 'merge' } = request
    checkClaims(claims)
    if (typeof subject === 'string') checkText('subject', subject, 1, MAX_SUBJECT_LENGTH)
    if (device !== undefined) checkText('device', device, 0, MAX_DEVICE_LENGTH)
    if (base !== undefined) {
      checkNumber('base.version', base.version, 1, MAX_VERSION)
      checkClaims(base.claims)
    }
    return {
      ...request,
      onConflict,
      idle: checkLifetime('idleMs', idleMs ?? this.#options.idleMs),
      absolute: checkLifetime('absoluteMs', absoluteMs ?? this.#options.absoluteMs),
    }
  }

  /**
   * Returns the cached record, or null if it must be read. The near cache may be a second old. A put that is based on it
   * does no harm, because the primary refuses a change of another version.
   */
  #recall(key: RecordKey, { base, onConflict }: CheckedPut): TokenRecord | null {
    const record = this.#backend.recall(key, readInstant())?.record ?? null
    if (record === null || record.state === 'revoked') return record
    const isOfBase = onConflict !== 'fail' || versionOf(record) === base?.version
    return isOfBase && this.#reader.isLive(record) ? record : null
  }

  /** Returns null if another process has changed the session since `before` was read. */
  async #tryToPut(
    id: string,
    key: RecordKey,
    before: TokenRecord | null,
    put: CheckedPut,
    deadline: Deadline,
  ): Promise<ExternalActive | Inactive | Conflict | null> {
    const { base, onConflict } = put
    const found = this.#reader.describe(id, key, before)
    const isLive = found.status === 'active'
    if (!isLive && (found.reason === 'revoked' || base !== undefined)) return found
    const version = isLive ? found.version : 0
    if (onConflict === 'fail' && version !== (base?.version ?? 0)) {
      return { status: 'conflict', id: publicId(key.digest) }
    }
    if (!isLive) await this.#backend.requireClock(deadline)
    const nowMs = await this.#reader.now(deadline)
    const live = before?.state === 'live' ? before : null
    const change = this.#codec.put(
      id,
      key,
      { before: live, current: isLive ? found : null },
      {
        claims: put.claims,
        subject: put.subject,
        device: put.device,
        base,
        begins: isLive ? null : { issuedAtMs: nowMs, expiresAtMs: nowMs + put.absolute },
        idleUntilMs: nowMs + put.idle,
        mayShorten: put.idleMs !== undefined,
      },
    )
    const changesNothing = !change.changesContent && !change.shortens && change.changedClaims.length === 0
    if (changesNothing) {
      const extended = await this.#write(id, key, change.record, deadline)
      const isOther = onConflict === 'fail' && extended.status === 'active' && extended.version !== version
      return isOther ? null : extended
    }
    const [stored] = await this.#backend.merge(
      [
        {
          key,
          subject: null,
          record: change.record,
          ifVersion: live === null ? 0 : versionOf(live),
          ...(isLive && { changesStored: true as const }),
        },
      ],
      deadline,
    )
    if (stored?.state === 'live' && !this.#codec.isApplied(change, stored)) return null
    return this.#reader.describe(id, key, stored ?? null)
  }

  /** Writes a record that only extends the session. */
  async #write(id: string, key: RecordKey, record: LiveRecord, deadline: Deadline) {
    const [stored] = await this.#backend.merge(
      [{ key, subject: null, record, changesStored: true }],
      deadline,
    )
    return this.#reader.describe(id, key, stored ?? null)
  }
}
